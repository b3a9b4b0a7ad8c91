using System.Diagnostics;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <summary>What the replica's loop gives its work to.</summary>
/// <param name="Network">Null without other members; so is <paramref name="Outgoing"/>.</param>
/// <param name="LoadSnapshot">Reads the state of a snapshot that the disk holds.</param>
internal sealed record ReplicaParts(
    LogWriter Writer, SnapshotWorker Snapshots, PeerNetwork? Network, SnapshotSender? Outgoing, Func<SnapshotMetadata, KeySpace> LoadSnapshot);

/// <summary>The moving parts of a replica: built from what the disk holds, started and stopped in the right order.</summary>
internal sealed class ReplicaEngine : IDisposable
{
    /// <summary>How long a stop waits for somebody else to lead: a round trip and a flush, and a slow disk's flush.</summary>
    private static readonly TimeSpan HandOverTimeout = TimeSpan.FromMilliseconds(700);

    /// <summary>A round trip, were it not for members that are stopped or cut off and whose connections still stand.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromMilliseconds(300);

    private readonly ReplicaStorage _storage;
    private readonly LogWriter _writer;
    private readonly SnapshotWorker _snapshots;
    private readonly PeerNetwork? _network;
    private readonly SnapshotSender? _outgoing;
    private readonly SnapshotReceiver? _incoming;
    private readonly ReplicaLoop _loop;
    private readonly ReplicaLog _events;
    private readonly long _started;
    private readonly int _recoveredEntries;
    private CollectionPause _starting;

    private ReplicaEngine(
        ReplicaOptions options, ReplicaStorage storage, RecoveredReplica recovered, ReplicaLog events, PeerLog peerEvents, long started)
    {
        _storage = storage;
        _events = events;
        _started = started;
        _recoveredEntries = recovered.Entries;
        var node = recovered.Node;
        var watches = new WatchHub(node.View, options.Time, options.WatchProgressInterval);
        Shared = new(watches, node.View, options.Peers?.ReceivedBytesMax ?? 0, events);
        if (options.Peers is { } peers && (peers.ListensAlone || node.Membership.Voters is not [var only] || only != node.Id))
        {
            _incoming = new(storage.Snapshots, () => new(Shared.Facts.AppliedIndex), message => Shared.Inbox.Receive([message], 0), peerEvents);
            _network = new(peers, options.Metrics, Report, Shared.Inbox.Receive, _incoming.Receive, peerEvents);
            _outgoing = new(peers, storage.Snapshots, _network, (member, delivered) => _loop!.SnapshotDone(member, delivered), peerEvents);
        }

        _writer = new(storage, events, options, Send, Shared.Inbox, Shared.Fail);
        _snapshots = new(storage.Snapshots, _writer, options.Metrics, events);
        var parts = new ReplicaParts(
            _writer, _snapshots, _network, _outgoing, snapshot => new SnapshotLoad(events, CancellationToken.None).Run(storage, snapshot));
        _loop = new(options, node, Shared, parts, events);
        _network?.Follow(node.Membership);
    }

    public ReplicaShared Shared { get; }

    public PeerNetwork? Network => _network;

    public bool IsDiskFull => _writer.IsDiskFull;

    public static ReplicaEngine Start(
        ReplicaOptions options, IDisk disk, ReplicaLog events, PeerLog peerEvents, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var newest = new SnapshotLoad(events, cancellation);
        ReplicaStorage? storage = null;
        try
        {
            storage = ReplicaStorage.Open(disk, options.Identity, options.Storage, out var found, newest.Start);
            var recovered = ReplicaRecovery.Load(options, storage, found, newest, events);
            var engine = new ReplicaEngine(options, storage, recovered, events, peerEvents, started) { _starting = newest.Pause };
            engine._writer.Start();
            engine._loop.Start();
            engine._network?.Start();
            return engine;
        }
        catch
        {
            newest.Pause.Dispose();
            storage?.Dispose();
            throw;
        }
    }

    /// <summary>It knows a leader and has applied what was committed when it started.</summary>
    public void ReportReady()
    {
        _starting.Dispose();
        var view = Shared.View;
        _events.Ready((long)Stopwatch.GetElapsedTime(_started).TotalMilliseconds, view.Revision, _recoveredEntries, view.SizeBytes);
    }

    /// <summary>Hands leadership to another voter, see <see cref="ReplicaLoop.HandOverAsync"/>.</summary>
    public Task<TransferResult?> HandOverAsync(MemberId target) => _loop.HandOverAsync(target);

    public Task<StateExport> ExportAsync() => _loop.ExportAsync();

    /// <summary>
    /// First somebody else leads, so that nobody has to wait for a timeout. Then the loop, for it feeds the others; the disk
    /// last.
    /// </summary>
    public void Dispose()
    {
        if (_network is not null && !Shared.HasFailed)
        {
            HandOverAsync(MemberId.None).Wait(HandOverTimeout);
            _loop.TakeLeaveAsync().Wait(LeaveTimeout);
        }

        Shared.Watches.Close();
        Shared.Inbox.Stop();
        _loop.Join();
        _snapshots.Stop();
        _writer.Stop();
        _outgoing?.Dispose();
        _incoming?.Dispose();
        _network?.Dispose();
        Shared.Watches.Dispose();
        _storage.Dispose();
        _events.Stopped(Shared.Facts.AppliedIndex, Shared.View.Revision);
    }

    private void Report(MemberId member, PeerEvent what) => _loop?.Report(member, what);

    private void Send(IReadOnlyList<RaftMessage> promises)
    {
        foreach (var message in promises)
        {
            _network!.Send(message);
        }

        _network!.Flush();
    }
}
