namespace Concord.Client.Coordination;

/// <summary>A lock, a side of a read-write lock, or a permit of a semaphore that is held.</summary>
public sealed class LockGrant : Grant
{
    internal LockGrant(CoordinationCalls calls, string name, QueueEntry entry, long revision)
        : base(calls, name, entry, revision)
    {
    }
}
