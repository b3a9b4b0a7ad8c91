using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

/// <summary>Several nodes whose disks are at once durable and whose network delivers in order, unless a member is cut off.</summary>
internal sealed class NodeGroup
{
    private readonly SortedDictionary<ulong, Member> _members = [];
    private readonly Queue<RaftMessage> _network = new();
    private long _lastToken;

    public NodeGroup(params ulong[] founders)
    {
        var membership = Membership.Of([.. founders.Select(id => new MemberId(id))]) with { Context = Directory(founders).Encode() };
        foreach (var id in founders)
        {
            Add(id, RecoveredState.NewGroup(membership));
        }
    }

    public HashSet<ulong> CutOff { get; } = [];

    public NodeCore this[ulong id] => _members[id].Core;

    public static MemberInfo InfoOf(ulong id) => new($"n{id}", [$"http://10.0.0.{id}:2380"], []);

    public Member MemberOf(ulong id) => _members[id];

    public void Join(ulong id) => Add(id, RecoveredState.Joining);

    /// <summary>Makes one member the leader.</summary>
    public void Elect(ulong id)
    {
        while (_members[id].Core.Role != RaftRole.Leader)
        {
            _members[id].Core.Tick();
            Settle();
        }
    }

    public RequestToken NextToken() => new(++_lastToken);

    public RequestToken Propose(ulong at, Command command)
    {
        var token = NextToken();
        _members[at].Core.Propose(token, NodeDriver.Encode(command));
        return token;
    }

    public MembershipAnswer Change(ulong at, MemberChange[] changes, params (ulong Id, MemberInfo Info)[] info)
    {
        var token = NextToken();
        _members[at].Core.ProposeMembership(token, changes, JointMode.Auto, info.ToDictionary(one => new MemberId(one.Id), one => one.Info));
        Settle();
        return Assert.Single(_members[at].Changes, answer => answer.Token == token);
    }

    public void TickAll(int count = 1)
    {
        for (; count > 0; count--)
        {
            foreach (var member in _members.Values)
            {
                member.Core.Tick();
            }

            Settle();
        }
    }

    /// <summary>Performs effects and delivers messages until nothing moves.</summary>
    public void Settle()
    {
        do
        {
            foreach (var member in _members.Values)
            {
                member.Perform(_network);
            }

            for (var count = _network.Count; count > 0; count--)
            {
                Deliver(_network.Dequeue());
            }
        }
        while (_network.Count > 0 || _members.Values.Any(member => member.IsBusy));
    }

    private static MemberDirectory Directory(ulong[] ids) =>
        ids.Aggregate(MemberDirectory.Empty, (directory, id) => directory.With(new MemberId(id), InfoOf(id)));

    private void Deliver(RaftMessage message)
    {
        var arrives = !CutOff.Contains(message.From.Value) && !CutOff.Contains(message.To.Value) && _members.ContainsKey(message.To.Value);
        if (message is RaftMessage.InstallSnapshot)
        {
            _members[message.From.Value].Core.ReportSnapshot(message.To, arrives);
        }

        if (arrives)
        {
            _members[message.To.Value].Receive(message);
        }
    }

    private void Add(ulong id, RecoveredState recovered) =>
        _members.Add(id, new(new(new(), new() { Id = new(id), Seed = id }, recovered, new KeySpace())));

    internal sealed class Member(NodeCore core)
    {
        public NodeCore Core { get; } = core;

        public bool IsBusy { get; private set; }

        public List<CommandAnswer> Commands { get; } = [];

        public List<MembershipAnswer> Changes { get; } = [];

        public List<LeaseAnswer> Leases { get; } = [];

        public List<Membership> Memberships { get; } = [];

        public void Receive(RaftMessage message)
        {
            Core.Receive(message);
            IsBusy = true;
        }

        public void Perform(Queue<RaftMessage> network)
        {
            IsBusy = false;
            for (var effects = Core.TakeEffects(); !effects.IsEmpty; effects = Core.TakeEffects())
            {
                Commands.AddRange(effects.Commands);
                Changes.AddRange(effects.Changes);
                Leases.AddRange(effects.Leases);
                if (effects.Membership is { } membership)
                {
                    Memberships.Add(membership);
                }

                effects.SendNow.ForEach(network.Enqueue);
                foreach (var write in effects.Writes)
                {
                    Core.Persisted(write.Sequence);
                    foreach (var message in write.SendAfter)
                    {
                        network.Enqueue(message);
                    }
                }
            }
        }
    }
}
