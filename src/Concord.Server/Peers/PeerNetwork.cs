using System.Collections.Concurrent;
using System.Net;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Replica;

namespace Concord.Server.Peers;

/// <summary>
/// The other members, as the replica sees them: give it messages, tell it who the members are, and be told what arrives
/// and what happens. Never blocks its callers on the network.
/// </summary>
internal sealed class PeerNetwork : IDisposable
{
    private readonly PeerOptions _options;
    private readonly ReplicaMetrics _metrics;
    private readonly ConcurrentDictionary<MemberId, PeerTraffic> _traffic = new();
    private readonly PeerLog _events;
    private readonly PeerListener _listener;
    private readonly Action<MemberId, PeerEvent> _report;
    private readonly Action<List<PeerMessage>, long> _received;
    private readonly Action<MemberId, PeerConnection> _snapshot;
    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, IReadOnlyList<string>> _toldAddresses = [];
    private readonly Dictionary<MemberId, string> _gossip = [];
    private HashSet<MemberId> _removed = [];
    private volatile Dictionary<MemberId, PeerSender> _senders = [];
    private volatile ClusterFacts _facts;
    private MemberDirectory _directory = MemberDirectory.Empty;
    private Membership _membership = Membership.Empty;
    private bool _isStopping;
    private int _isToldRemoved;

    /// <summary>Binds the addresses; connections are taken after <see cref="Start"/>.</summary>
    /// <param name="report">Told on some thread what happens to the connection to a member.</param>
    /// <param name="received">Told on a connection's thread what arrived; may block it to slow the sender down.</param>
    /// <param name="snapshot">Takes a snapshot from a connection, on its thread.</param>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound.</exception>
    public PeerNetwork(
        PeerOptions options,
        ReplicaMetrics metrics,
        Action<MemberId, PeerEvent> report,
        Action<List<PeerMessage>, long> received,
        Action<MemberId, PeerConnection> snapshot,
        PeerLog events)
    {
        _options = options;
        _metrics = metrics;
        _events = events;
        _report = report;
        _received = received;
        _snapshot = snapshot;
        _facts = new(options.Identity.ClusterId, Self, MemberId.None, LogIndex.Zero, Membership.Empty);
        _listener = new(options, new(Refuse, () => _facts, Greet, Received, Suspect, (from, connection) => _snapshot(from, connection)), events);
    }

    public IReadOnlyList<IPEndPoint> Endpoints => _listener.Endpoints;

    /// <summary>The members that messages go to at present, and what went.</summary>
    public IReadOnlyList<PeerTraffic> Traffic => [.. _senders.Keys.Order().Select(TrafficOf)];

    private MemberId Self => new(_options.Identity.MemberId);

    public void Start() => _listener.Start();

    /// <summary>Whom to talk to: the members of the newest configuration, committed or not.</summary>
    public void Follow(Membership membership)
    {
        lock (_lock)
        {
            _membership = membership;
            _directory = MemberDirectory.Of(membership);
            Reconnect();
        }
    }

    /// <summary>
    /// What to answer to whoever asks who the members are. From here on those that the committed configuration has removed are
    /// refused and told; one that is not committed yet may be taken back, and its vote may still be needed for that.
    /// </summary>
    public void Publish(ClusterFacts facts)
    {
        _facts = facts;
        var removed = MemberDirectory.Of(facts.Membership).Removed.Except(Ids(facts.Membership)).ToHashSet();
        lock (_lock)
        {
            if (removed.SetEquals(_removed))
            {
                return;
            }

            _removed = removed;
            Reconnect();
        }

        _listener.Close(removed);
    }

    /// <summary>
    /// Leaves a message for <see cref="Flush"/>. False if it was dropped; that is final, the message was not sent.
    /// </summary>
    /// <param name="bytes">About how many bytes it makes.</param>
    public bool Send(MemberId to, PeerMessage message, int bytes) =>
        _senders.TryGetValue(to, out var sender) && sender.Add(message, bytes);

    public bool Send(RaftMessage message)
    {
        var isTaken = Send(message.To, new PeerMessage.Raft(message), SizeOf(message));
        if (isTaken && message is RaftMessage.Heartbeat)
        {
            TrafficOf(message.To).HeartbeatSent();
        }

        return isTaken;
    }

    /// <summary>Sends what was left since the last call.</summary>
    public void Flush()
    {
        foreach (var (_, sender) in _senders)
        {
            sender.Flush();
        }
    }

    public bool IsConnected(MemberId member) => _senders.TryGetValue(member, out var sender) && sender.IsConnected;

    /// <summary>Those who are connected and would understand the message.</summary>
    public IReadOnlyList<MemberId> Hearers(PeerMessage message) =>
        [.. _senders.Where(pair => pair.Value.Understands(message)).Select(pair => pair.Key)];

    /// <summary>Where a member can be reached: as the group agreed, or as it said itself. Empty if it was never heard of.</summary>
    public IReadOnlyList<string> AddressesOf(MemberId member)
    {
        lock (_lock)
        {
            return _directory[member].PeerUrls is { Count: > 0 } agreed ? agreed : _toldAddresses.GetValueOrDefault(member) ?? [];
        }
    }

    /// <summary>Where the members of this group gossip, as far as they have connected and do.</summary>
    public IReadOnlyList<string> GossipAddresses
    {
        get
        {
            lock (_lock)
            {
                return [.. _gossip.Where(told => told.Value.Length > 0 && !_removed.Contains(told.Key)).Select(static told => told.Value)];
            }
        }
    }

    public void Dispose()
    {
        PeerSender[] senders;
        lock (_lock)
        {
            _isStopping = true;
            senders = [.. _senders.Values];
            _senders = [];
        }

        // All at once, for each may have something left to send.
        Parallel.ForEach(senders, static sender => sender.Dispose());
        _listener.Dispose();
    }

    /// <summary>Entries are what makes a message large.</summary>
    private static int SizeOf(RaftMessage message)
    {
        const int Rest = 64;
        if (message is not RaftMessage.AppendEntries append)
        {
            return Rest;
        }

        var bytes = Rest;
        foreach (ref readonly var entry in append.Entries.Span)
        {
            bytes += entry.Data.Length + 16;
        }

        return bytes;
    }

    private static MemberId[] Ids(Membership membership) =>
        [.. membership.Voters.Union(membership.OutgoingVoters).Union(membership.Learners)];

    private PeerWelcome? Refuse(PeerHello hello)
    {
        var me = $"member {Self} ('{_options.Identity.Name}') of cluster {_options.Identity.ClusterId:x}";
        if (_options.Versions.CommonWith(hello.Versions) is null)
        {
            return new(PeerRefusal.WrongVersion, $"this is {me} and speaks {_options.Versions} of the peer protocol, not {hello.Versions}: update one step at a time, from release to release");
        }

        if (hello.Lane == PeerLane.Question)
        {
            return null;
        }

        if (hello.ClusterId != _options.Identity.ClusterId)
        {
            return new(PeerRefusal.WrongCluster, $"this is {me}, not of cluster {hello.ClusterId:x}: compare --initial-cluster and --initial-cluster-token, or whose data directory it is");
        }

        if (hello.To != Self)
        {
            return new(PeerRefusal.WrongMember, $"this is {me}, not member {hello.To}: two members share an address, or one took over the other's");
        }

        if (hello.From == Self)
        {
            return new(PeerRefusal.SameMember, $"this is {me}, and so is the one who connects: two processes run with copies of one data directory");
        }

        lock (_lock)
        {
            return _removed.Contains(hello.From)
                ? new(PeerRefusal.Removed, $"member {hello.From} has been permanently removed from the cluster")
                : null;
        }
    }

    /// <summary>A member that is not in the configuration that this one knows may be in a newer one: it has to be answered.</summary>
    private void Greet(PeerHello hello)
    {
        lock (_lock)
        {
            _toldAddresses[hello.From] = hello.PeerUrls;
            _gossip[hello.From] = hello.GossipAddress;
            Reconnect();
        }
    }

    private void Received(MemberId from, List<PeerMessage> messages, long bytes)
    {
        TrafficOf(from).Received(messages, bytes);
        _received(messages, bytes);
    }

    private PeerTraffic TrafficOf(MemberId member) => _traffic.GetOrAdd(member, static (member, metrics) => new(member, metrics.RoundTrip), _metrics);

    /// <summary>The answers of the member came over the connection that ended.</summary>
    private void Suspect(MemberId member)
    {
        TrafficOf(member).ReceiveFailed();
        _report(member, PeerEvent.ConnectionLost);
        if (_senders.TryGetValue(member, out var sender))
        {
            sender.Suspect();
        }
    }

    /// <summary>Senders to everybody who is a member or connected from somewhere, less those removed.</summary>
    private void Reconnect()
    {
        if (_isStopping)
        {
            return;
        }

        var wanted = Ids(_membership).Union(_toldAddresses.Keys).Where(member => member != Self && !_removed.Contains(member)).ToHashSet();
        var senders = new Dictionary<MemberId, PeerSender>();
        foreach (var member in wanted)
        {
            var urls = _directory[member].PeerUrls is { Count: > 0 } agreed ? agreed : _toldAddresses.GetValueOrDefault(member) ?? [];
            if (_senders.TryGetValue(member, out var sender))
            {
                sender.MoveTo(urls);
                senders.Add(member, sender);
            }
            else if (urls.Count > 0)
            {
                senders.Add(member, new(_options, member, urls, TrafficOf(member), Report, _events));
            }
        }

        var left = _senders.Where(pair => !wanted.Contains(pair.Key)).Select(pair => pair.Value).ToArray();
        _senders = senders;
        if (left.Length > 0)
        {
            // Ending a connection may wait for a write; the replica must not.
            ThreadPool.UnsafeQueueUserWorkItem(static left => Array.ForEach(left, sender => sender.Dispose()), left, preferLocal: false);
        }
    }

    private void Report(MemberId member, PeerEvent what)
    {
        if (what == PeerEvent.Removed && Interlocked.Exchange(ref _isToldRemoved, 1) == 0)
        {
            _events.Removed(member.ToString());
        }

        _report(member, what);
    }
}
