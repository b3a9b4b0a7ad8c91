using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>A place within an open round of a barrier. It is left when disposed, or when this process dies, after the time to live.</summary>
public sealed class BarrierPass : IAsyncDisposable
{
    private readonly CoordinationCalls _calls;
    private readonly QueueEntry _entry;

    internal BarrierPass(CoordinationCalls calls, string name, QueueEntry entry, long round) =>
        (_calls, Name, _entry, Round) = (calls, name, entry, round);

    public string Name { get; }

    /// <summary>A number that all participants of the round have in common and that is larger for every later round.</summary>
    public long Round { get; }

    /// <summary>Fires before the place can end because no renewal got through; the others may then believe that this participant has left.</summary>
    public CancellationToken Lost => _entry.Lease.Lost;

    /// <summary>Leaves, and waits until every participant of the round has left.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken = default)
    {
        await _entry.DisposeAsync().ConfigureAwait(false);
        while (true)
        {
            var (word, places, revision) = await _calls.PatientAsync(() => LookAsync(_calls, Name, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (word?.Round != Round)
                return;
            if (!places.Any(place => word.Admits(place.CreateRevision)))
                await _calls.PatientAsync(() => CloseAsync(_calls, Name, Round, cancellationToken), cancellationToken).ConfigureAwait(false);
            else
                await _calls.UntilAnyChangeAsync([KeyRange.Single(Name), KeyRange.Prefix($"{Name}/")], revision, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves without waiting. If the last one leaves like that, the round ends when the next one is asked for.</summary>
    public ValueTask DisposeAsync() => _entry.DisposeAsync();

    /// <summary>The word that a round is open, and all places, at one revision.</summary>
    internal static async Task<(BarrierWord? Word, IReadOnlyList<KeyValue> Places, long Revision)> LookAsync(CoordinationCalls calls, string name, CancellationToken cancellationToken)
    {
        var result = await calls.Kv.Transaction()
            .Then(KvOperation.Get(name), KvOperation.Read(KeyRange.Prefix($"{name}/")))
            .CommitAsync(cancellationToken).ConfigureAwait(false);
        var word = result.Results[0] is OperationResult.Read { Pairs: [var pair] } ? BarrierWord.From(pair) : null;
        return (word, ((OperationResult.Read)result.Results[1]).Pairs, result.Revision);
    }

    /// <summary>Takes the word back, unless that has happened.</summary>
    internal static async Task<bool> CloseAsync(CoordinationCalls calls, string name, long round, CancellationToken cancellationToken)
    {
        var closed = await calls.Kv.Transaction()
            .When(KvCondition.CreateRevision(name, Comparison.Equal, round))
            .Then(KvOperation.Delete(KeyRange.Single(name)))
            .CommitAsync(cancellationToken).ConfigureAwait(false);
        return closed.Succeeded;
    }
}
