using Concord.Mvcc;

namespace Concord.Simulator.Hosts;

/// <param name="Next">Everything before this revision has been told.</param>
/// <param name="CompactedRevision">Not zero: the watch is cancelled, because compaction has taken what it waits for.</param>
internal sealed record WatchBatch(IReadOnlyList<KeyVersion> Changes, long Next, long CompactedRevision = 0);

/// <summary>One watcher of one member; <paramref name="send"/> says whether it is still there.</summary>
internal sealed class HostWatch(KeyRange range, long next, Func<WatchBatch, bool> send)
{
    public KeyRange Range => range;

    public long Next { get; set; } = next;

    public Func<WatchBatch, bool> Send => send;
}

/// <summary>
/// Watches of one process, from the history that views hold, as the server's hub reads it: each published view is read
/// from where the watcher is, whole revisions at a time.
/// </summary>
internal sealed class WatchService(HostProcess process) : IHostWatches
{
    private const int ChangesMax = 64;

    private readonly HostRules _rules = process.Host.Rules;

    private readonly List<HostWatch> _watches = [];

    public long Position => process.Node.View.Revision;

    public void Add(HostWatch watch, KeySpaceView view)
    {
        watch.Next = _rules.WatchStart(watch.Next, view);
        if (Tell(watch, view))
            _watches.Add(watch);
    }

    public void Published(KeySpaceView view) => _watches.RemoveAll(watch => !Tell(watch, view));

    public void Dispose() => _watches.Clear();

    private bool Tell(HostWatch watch, KeySpaceView view)
    {
        while (watch.Next <= view.Revision)
        {
            var changes = new List<KeyVersion>();
            long next = view.ReadChanges(watch.Range, watch.Next, ChangesMax, changes);
            if (next == 0)
            {
                if (_rules.AfterCompaction(view) is { } later)
                {
                    watch.Next = later;
                    continue;
                }

                watch.Send(new([], watch.Next, view.CompactedRevision));
                return false;
            }

            watch.Next = next;
            if (!watch.Send(new(_rules.Told(changes), next)))
                return false;
        }

        return true;
    }
}
