using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>The leadership of an election, until it is disposed or lost.</summary>
public sealed class Leadership : Grant
{
    internal Leadership(CoordinationCalls calls, string name, QueueEntry entry, long revision)
        : base(calls, name, entry, revision)
    {
    }

    /// <summary>Replaces what others see of the leader; false, and nothing changes, if somebody else leads meanwhile.</summary>
    public async Task<bool> ProclaimAsync(KvBytes value, CancellationToken cancellationToken = default) =>
        (await Calls.Kv.Transaction()
            .When(StillHeld)
            .Then(KvOperation.Put(Key, value, new() { Lease = LeaseId }))
            .CommitAsync(cancellationToken).ConfigureAwait(false)).Succeeded;
}
