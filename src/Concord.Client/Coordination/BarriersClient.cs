using System.Globalization;
using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>Barriers: many processes wait until one lets them pass, or until all are there.</summary>
/// <example>
/// <code>
/// await client.Barriers.RaiseAsync("migration");          // whoever waits, waits
/// await client.Barriers.LowerAsync("migration");          // and goes on
///
/// await using var inside = await client.Barriers.EnterAsync("batch/7", participants: 4, cancellationToken: stop);
/// </code>
/// </example>
public sealed class BarriersClient
{
    private readonly CoordinationCalls _calls;

    internal BarriersClient(CoordinationCalls calls) => _calls = calls;

    /// <summary>From now on <see cref="WaitAsync"/> waits. False if the barrier is up already. It stays up without this process.</summary>
    /// <param name="name">The key that stands for it, as in the barriers of etcd's own recipes.</param>
    public async Task<bool> RaiseAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var raised = await _calls.Kv.Transaction()
            .When(KvCondition.Absent(name))
            .Then(KvOperation.Put(name, ""))
            .CommitAsync(cancellationToken).ConfigureAwait(false);
        return raised.Succeeded;
    }

    /// <summary>Lets everybody pass who waits. False if the barrier was down already.</summary>
    public async Task<bool> LowerAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return (await _calls.Kv.DeleteAsync(KeyRange.Single(name), cancellationToken: cancellationToken).ConfigureAwait(false)).Deleted > 0;
    }

    /// <summary>Returns when the barrier is down, at once if it is. Servers may be away meanwhile.</summary>
    public async Task WaitAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        while (true)
        {
            var (pair, revision) = await _calls.PatientAsync(() => LookAsync(name, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (pair is null)
                return;
            await _calls.UntilChangedAsync(KeyRange.Single(name), KvChangeKinds.Deletes, revision, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits until as many are there as take part; all of them go on together (a double barrier). To leave, dispose what it returns, or wait
    /// for the others with <see cref="BarrierPass.LeaveAsync"/>.
    /// </summary>
    /// <param name="name">Any text; its keys are <c>name</c> and those below <c>name/</c>. The next round may use it again.</param>
    /// <param name="participants">How many go on together; the same number for all. Who comes beyond it while a round is inside waits for the next.</param>
    /// <exception cref="OperationCanceledException">Given up; nothing is left behind.</exception>
    /// <exception cref="ConcordException">The server refuses, or this place was lost: no server answered for as long as the time to live.</exception>
    /// <exception cref="TimeoutException"><see cref="LockOptions.Wait"/> is over.</exception>
    public async Task<BarrierPass> EnterAsync(string name, int participants, LockOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(participants);
        options ??= new();
        options.Validate();
        using var patience = new CancellationTokenSource(options.Wait ?? Timeout.InfiniteTimeSpan, _calls.Options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        QueueEntry? entry = null;
        try
        {
            entry = await QueueEntry.JoinAsync(_calls, name, "", options.Ttl, stop.Token).ConfigureAwait(false);
            using var place = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, entry.Lease.Lost);
            var round = await LostTurn.TranslateAsync(entry.Lease, () => GatherAsync(entry, name, participants, place.Token), stop.Token).ConfigureAwait(false);
            return new(_calls, name, entry, round);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await LeaveAsync(entry).ConfigureAwait(false);
            throw new TimeoutException($"Within {options.Wait} fewer than {participants} came to {name}.");
        }
        catch
        {
            await LeaveAsync(entry).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The revision that opened the round this place belongs to.</summary>
    /// <remarks>
    /// The key <c>name</c> is the word that a round is open; it holds the revision that created its youngest place, and all older
    /// places belong to it too. A waiter looks at that word rather than at the number of places, for a fast participant may have left
    /// before a slow one has looked. While a round is open whose places are not all gone, later ones wait. A word without places
    /// is left over from a round whose last participant died or did not wait, and goes.
    /// </remarks>
    private async Task<long> GatherAsync(QueueEntry entry, string name, int participants, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (word, places, revision) = await _calls.PatientAsync(() => LookAsync(entry, name, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (word?.Admits(entry.CreateRevision) == true)
                return word.Round;

            if (word is not null && !places.Any(place => word.Admits(place.CreateRevision)))
                await _calls.PatientAsync(() => BarrierPass.CloseAsync(_calls, name, word.Round, cancellationToken), cancellationToken).ConfigureAwait(false);
            else if (word is null && places.Count >= participants)
                await _calls.PatientAsync(() => OpenAsync(name, places, participants, cancellationToken), cancellationToken).ConfigureAwait(false);
            else
                await _calls.UntilAnyChangeAsync([KeyRange.Single(name), KeyRange.Prefix($"{name}/")], revision, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a round for the oldest places, unless somebody has opened one.</summary>
    private Task<TransactionResult> OpenAsync(string name, IReadOnlyList<KeyValue> places, int participants, CancellationToken cancellationToken)
    {
        var youngest = places.Select(place => place.CreateRevision).Order().ElementAt(participants - 1);
        return _calls.Kv.Transaction()
            .When(KvCondition.Absent(name))
            .Then(KvOperation.Put(name, youngest.ToString(CultureInfo.InvariantCulture)))
            .CommitAsync(cancellationToken);
    }

    private async Task<(KeyValue? Pair, long Revision)> LookAsync(string name, CancellationToken cancellationToken)
    {
        var result = await _calls.Kv.Transaction().Then(KvOperation.Get(name)).CommitAsync(cancellationToken).ConfigureAwait(false);
        return (result.Results[0] is OperationResult.Read { Pairs: [var pair] } ? pair : null, result.Revision);
    }

    private async Task<(BarrierWord? Word, IReadOnlyList<KeyValue> Places, long Revision)> LookAsync(QueueEntry entry, string name, CancellationToken cancellationToken)
    {
        var look = await BarrierPass.LookAsync(_calls, name, cancellationToken).ConfigureAwait(false);
        return look.Places.Any(place => place.CreateRevision == entry.CreateRevision) ? look : throw LostTurn.Gone(entry.Key);
    }

    private static ValueTask LeaveAsync(QueueEntry? entry) => entry?.DisposeAsync() ?? ValueTask.CompletedTask;
}
