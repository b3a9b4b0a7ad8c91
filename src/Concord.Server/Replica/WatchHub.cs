using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>Follows the applied changes and hands each stream those that its watches ask for.</summary>
public sealed class WatchHub
{
    public WatchStream OpenStream() => throw new NotImplementedException();
}

/// <param name="StartRevision">The first revision to deliver; 0 is the one after the present.</param>
/// <param name="ProgressNotify">Send a progress notice when the watch has been idle for the notice interval.</param>
public sealed record WatchOptions(KeyRange Range, long StartRevision = 0, bool ProgressNotify = false, bool NoPut = false, bool NoDelete = false)
{
    /// <summary>The caller's own; comes back with the events of this watch.</summary>
    public object? State { get; init; }
}

/// <summary>
/// Many watches read in one order by one reader. Bounded in memory: a reader that falls behind is caught up from
/// history, and a watch overtaken by compaction is cancelled; no event is lost silently.
/// </summary>
public sealed class WatchStream : IDisposable
{
    /// <summary>
    /// Adds a watch; its <see cref="WatchNotice.Created"/> comes before anything else of it.
    /// </summary>
    /// <param name="watchId">The caller's number, or null to be given the lowest free one.</param>
    /// <returns>The number, or null if it is taken (nothing was added).</returns>
    public long? Create(WatchOptions options, long? watchId = null) => throw new NotImplementedException();

    /// <summary>Ends a watch; false if there is none. Its <see cref="WatchNotice.Canceled"/> is the last notice of it.</summary>
    public bool Cancel(long watchId) => throw new NotImplementedException();

    /// <summary>
    /// Puts a <see cref="WatchNotice.Refused"/> behind what the stream holds, so that a caller's answer to a request it
    /// turned down itself does not overtake the answers to earlier ones.
    /// </summary>
    public void Refuse(string reason) => throw new NotImplementedException();

    /// <summary>Asks for one <see cref="WatchNotice.Progress"/> of the whole stream, given only if every watch is caught up.</summary>
    public void RequestProgress() => throw new NotImplementedException();

    /// <summary>The next notice, in order. One reader at a time.</summary>
    public ValueTask<WatchNotice> ReadAsync(CancellationToken cancellation) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}

/// <summary>One message of a watch stream. <see cref="Revision"/> is the store's revision when it was made.</summary>
public abstract record WatchNotice(long WatchId, long Revision)
{
    /// <summary>The number that a progress notice for the whole stream carries.</summary>
    public const long WholeStream = -1;

    public sealed record Created(long WatchId, long Revision) : WatchNotice(WatchId, Revision);

    /// <param name="View">The view to ask for previous versions (<see cref="KeySpaceView.Before"/>).</param>
    public sealed record Events(long WatchId, long Revision, IReadOnlyList<KeyVersion> Changes, KeySpaceView View) : WatchNotice(WatchId, Revision)
    {
        /// <summary>What the watch was created with (<see cref="WatchOptions.State"/>).</summary>
        public object? State { get; init; }
    }

    /// <summary>Every event up to <see cref="WatchNotice.Revision"/> was delivered.</summary>
    public sealed record Progress(long WatchId, long Revision) : WatchNotice(WatchId, Revision);

    /// <param name="CompactedRevision">Not zero when compaction overtook the watch.</param>
    public sealed record Canceled(long WatchId, long Revision, long CompactedRevision) : WatchNotice(WatchId, Revision);

    /// <summary>A watch that was never added (<see cref="WatchStream.Refuse"/>).</summary>
    public sealed record Refused(long Revision, string Reason) : WatchNotice(WholeStream, Revision);
}
