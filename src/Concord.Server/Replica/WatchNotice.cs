using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>One message of a watch stream. <see cref="Revision"/> is the store's revision when it was made.</summary>
public abstract record WatchNotice(long WatchId, long Revision)
{
    /// <summary>The number that a progress notice for the whole stream carries.</summary>
    public const long WholeStream = -1;

    public sealed record Created(long WatchId, long Revision) : WatchNotice(WatchId, Revision);

    /// <summary>
    /// Changes in revision order; a revision is never split over two notices. Live ones come one revision at a time,
    /// history in larger pieces.
    /// </summary>
    /// <param name="Changes">
    /// Watches with the same range and filters are given the same list object, so what was made of it can be kept by
    /// reference and used for all of them.
    /// </param>
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
