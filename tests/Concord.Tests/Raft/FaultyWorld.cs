using System.Buffers;
using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>A group, its network and its faults, all drawn from one seed.</summary>
internal sealed class FaultyWorld
{
    private SplitMix _seeds;
    private SplitMix _random;
    private readonly List<DiskMember> _members = [];
    private readonly List<RaftMessage> _network = [];
    private readonly HashSet<(MemberId From, MemberId To)> _cut = [];
    private readonly ClusterChecks _checks = new();
    private readonly Dictionary<ulong, (MemberId Member, LogIndex MinIndex)> _reads = [];
    private readonly int _lossPercent;
    private readonly int _repeatPercent;
    private readonly int _flushPercent;
    private readonly int _crashPerMille;
    private readonly bool _preVote;
    private readonly bool _checkQuorum;
    private readonly int _founders;
    private ulong _newestRead;
    private long _newestCommand;
    private bool _healed;

    public FaultyWorld(ulong seed)
    {
        _random = new SplitMix(seed);
        _seeds = new SplitMix(seed ^ 0xABCDEF);
        _founders = 1 + _random.Below(5);
        _lossPercent = _random.Below(4) * 5;
        _repeatPercent = _random.Below(3) * 5;
        _flushPercent = 5 + _random.Below(95);
        _crashPerMille = _random.Below(16);
        _preVote = _random.Below(4) != 0;
        _checkQuorum = _random.Below(4) != 0;
        var founders = Membership.Of([.. Enumerable.Range(1, _founders).Select(i => new MemberId((ulong)i))]);
        for (int i = 1; i <= 6; i++)
        {
            int number = i;
            var recovered = i <= _founders ? RecoveredState.NewGroup(founders) : RecoveredState.Joining;
            _members.Add(new DiskMember(() => Options(number), recovered));
        }
    }

    public int Steps { get; private set; }

    public WorldFigures Figures { get; } = new();

    public string Describe() => string.Join('\n', _members.Select(m =>
        $"{m.Id}: {m.Core.Role} term {m.Core.Term} leader {m.Core.Leader} log {m.Core.FirstIndex}..{m.Core.LastIndex} persisted {m.Core.PersistedIndex} "
        + $"commit {m.Core.CommitIndex} applied {m.Core.AppliedIndex} voters {string.Join(',', m.Core.Membership.Voters)} "
        + $"outgoing {string.Join(',', m.Core.Membership.OutgoingVoters)} learners {string.Join(',', m.Core.Membership.Learners)} "
        + $"followers {string.Join(' ', m.Core.Followers)}"));

    public void Step()
    {
        Steps++;
        var member = _members[_random.Below(_members.Count)];
        int dice = _random.Below(1000);
        if (dice < _crashPerMille)
        {
            // A crash that loses nothing proves little: prefer a member with writes under way.
            member = _members.Find(m => m.Unflushed > 0) ?? member;
            Figures.LostWrites += member.Unflushed;
            member.Crash(_random.Below(member.Unflushed + 1));
            Forget(member.Id);
        }
        else if (dice < 15)
        {
            TogglePartition();
        }
        else if (dice < 25)
        {
            member.TakeSnapshot();
        }
        else if (dice < 40)
        {
            ChangeMembership(member);
        }
        else if (dice < 45)
        {
            member.Core.TransferLeadership(Someone());
        }
        else if (dice < 50)
        {
            member.Core.ReportConnectionRefused(Someone());
        }
        else if (dice < 100)
        {
            Propose(member);
        }
        else if (dice < 130)
        {
            Read(member);
        }
        else if (dice < 450)
        {
            member.Core.Tick();
        }
        else
        {
            for (int burst = _random.Below(6); burst > 0; burst--)
            {
                DeliverOne(ref member);
                Settle(member);
            }
        }

        Settle(member);
        if (Steps % 100 == 0)
        {
            ClusterChecks.LogMatching(_members);
        }
    }

    /// <summary>No more faults: a leader must emerge, everything of it be committed, and every member of its group catch up.</summary>
    public void HealAndConverge()
    {
        _healed = true;
        _cut.Clear();
        for (int round = 0; round < 400; round++)
        {
            foreach (var member in _members)
            {
                member.Core.Tick();
                Settle(member);
            }

            for (int i = 0; i < 100_000 && _network.Count > 0; i++)
            {
                var member = _members[0];
                DeliverOne(ref member);
                Settle(member);
            }

            var leader = _members.Where(m => m.Core.Role == RaftRole.Leader).MaxBy(m => m.Core.Term);
            if (leader is not null && round % 20 == 0)
            {
                Propose(leader);
                Settle(leader);
            }

            if (round > 40 && leader is not null && Converged(leader))
            {
                ClusterChecks.LogMatching(_members);
                Count();
                return;
            }
        }

        throw new InvariantViolationException("the group did not converge after the faults ended");
    }

    private void Count()
    {
        Figures.Committed = (int)_checks.MaxCommit.Value;
        Figures.Leaders = _checks.Leaders;
        for (var i = LogIndex.Zero.Next; i <= _checks.MaxCommit; i = i.Next)
        {
            if (_checks.CommittedAt(i).Kind == EntryKind.Membership)
            {
                Figures.Configurations++;
                Figures.Joint += MembershipCodec.Decode(_checks.CommittedAt(i).Data)!.IsJoint ? 1 : 0;
            }
        }
    }

    private bool Converged(DiskMember leader)
    {
        var membership = leader.Core.Membership;
        return leader.Core.CommitIndex == leader.Core.LastIndex
            && !(membership.IsJoint && membership.AutoLeave)
            && _members.Where(m => membership.Voters.Contains(m.Id) || membership.Learners.Contains(m.Id))
                .All(m => m.Core.CommitIndex == leader.Core.CommitIndex && m.Core.AppliedIndex == m.Core.CommitIndex);
    }

    private RaftOptions Options(int number) => new()
    {
        Id = new MemberId((ulong)number),
        Seed = NextSeed(),
        ElectionTicks = 10,
        HeartbeatTicks = 2,
        PreVote = _preVote,
        CheckQuorum = _checkQuorum,
        MaxMessageBytes = 200,
        MaxInflightEntries = 16,
        MaxInflightBytes = 600,
        MaxUncommittedBytes = 4_000,
        MaxApplyBytes = 300,
        CatchUpEntries = 5,
        MaxReadRounds = 2,
    };

    private ulong NextSeed() => _seeds.Next();

    private void Settle(DiskMember member)
    {
        member.Perform(Send);
        bool healthy = _healed;
        while (member.Unflushed > 0 && (healthy || _random.Below(100) < _flushPercent))
        {
            member.Flush(Send);
            _checks.AfterStep(_members, member);
            if (healthy || _random.Below(2) == 0)
            {
                member.Report();
                member.Perform(Send);
            }
        }

        if (member.HasUnreported && (healthy || _random.Below(2) == 0))
        {
            member.Report();
            member.Perform(Send);
        }

        CheckReads(member);
        _checks.AfterStep(_members, member);
    }

    private void Send(RaftMessage message)
    {
        _checks.Sent(message);
        var bytes = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, bytes);
        var decoded = MessageCodec.Decode(bytes.WrittenMemory) ?? throw new InvariantViolationException($"{message} does not survive the codec");
        _network.Add(decoded);
        if (!_healed && _random.Below(100) < _repeatPercent)
        {
            _network.Add(decoded);
        }
    }

    private void DeliverOne(ref DiskMember member)
    {
        if (_network.Count == 0)
        {
            return;
        }

        // Mostly in order, as connections are; now and then any.
        int at = !_healed && _random.Below(4) == 0 ? _random.Below(_network.Count) : 0;
        var message = _network[at];
        _network.RemoveAt(at);
        bool lost = !_healed && (_random.Below(100) < _lossPercent || _cut.Contains((message.From, message.To)));
        if (message is RaftMessage.InstallSnapshot)
        {
            Find(message.From).Core.ReportSnapshot(message.To, delivered: !lost);
        }

        if (lost)
        {
            if (_random.Below(4) == 0)
            {
                Find(message.From).Core.ReportUnreachable(message.To);
            }

            return;
        }

        member = Find(message.To);
        var snapshot = member.Core.Snapshot.Index;
        member.Core.Receive(message);
        Figures.Snapshots += message is RaftMessage.InstallSnapshot && member.Core.Snapshot.Index > snapshot ? 1 : 0;
        Figures.Transfers += message is RaftMessage.TimeoutNow ? 1 : 0;
    }

    private void TogglePartition()
    {
        if (_cut.Count > 0 && _random.Below(2) == 0)
        {
            _cut.Clear();
            return;
        }

        bool oneWay = _random.Below(2) == 0;
        var side = _members.Where(_ => _random.Below(2) == 0).Select(m => m.Id).ToList();
        foreach (var a in _members.Select(m => m.Id))
        {
            foreach (var b in _members.Select(m => m.Id))
            {
                if (side.Contains(a) && !side.Contains(b))
                {
                    _cut.Add((a, b));
                    _ = !oneWay && _cut.Add((b, a));
                }
            }
        }
    }

    private void ChangeMembership(DiskMember member)
    {
        if (member.Core.Role != RaftRole.Leader)
        {
            return;
        }

        if (member.Core.Membership.IsJoint)
        {
            member.Core.ProposeMembership(MembershipChange.LeaveJoint);
            return;
        }

        var changes = new MemberChange[1 + _random.Below(3)];
        for (int i = 0; i < changes.Length; i++)
        {
            changes[i] = new MemberChange((MemberChangeKind)_random.Below(3), Someone());
        }

        member.Core.ProposeMembership(new MembershipChange(changes, (JointMode)_random.Below(3)));
    }

    private void Propose(DiskMember member)
    {
        var commands = new ReadOnlyMemory<byte>[1 + _random.Below(3)];
        for (int i = 0; i < commands.Length; i++)
        {
            byte[] command = new byte[8 + _random.Below(60)];
            BinaryPrimitives.WriteInt64LittleEndian(command, ++_newestCommand);
            commands[i] = command;
        }

        member.Core.Propose(commands);
    }

    private void Read(DiskMember member)
    {
        _reads[++_newestRead] = (member.Id, _checks.MaxCommit);
        member.Core.ReadIndex(_newestRead);
    }

    /// <summary>A read sees everything that any member had committed when it began.</summary>
    private void CheckReads(DiskMember member)
    {
        foreach (var read in member.Reads)
        {
            if (!_reads.Remove(read.ReadId, out var asked) || asked.Member != member.Id)
            {
                throw new InvariantViolationException($"{member.Id} answered read {read.ReadId}, which it was not asked (any more)");
            }

            Figures.ReadsByLeader += read.Outcome == ReadOutcome.Ready && member.Core.Role == RaftRole.Leader ? 1 : 0;
            Figures.ReadsByOthers += read.Outcome == ReadOutcome.Ready && member.Core.Role != RaftRole.Leader ? 1 : 0;
            if (read.Outcome == ReadOutcome.Ready && read.Index < asked.MinIndex)
            {
                throw new InvariantViolationException($"{member.Id} serves a read from {read.Index} although {asked.MinIndex} was committed before");
            }
        }

        member.Reads.Clear();
    }

    private void Forget(MemberId member)
    {
        foreach (ulong read in _reads.Where(r => r.Value.Member == member).Select(r => r.Key).ToList())
        {
            _reads.Remove(read);
        }
    }

    private MemberId Someone() => _members[_random.Below(_members.Count)].Id;

    private DiskMember Find(MemberId id) => _members[(int)id.Value - 1];
}

/// <summary>What happened in a run: proof that the run tested something.</summary>
internal sealed record WorldFigures
{
    public int Leaders { get; set; }

    public int Committed { get; set; }

    public int Configurations { get; set; }

    public int Joint { get; set; }

    public int Snapshots { get; set; }

    public int Transfers { get; set; }

    public int LostWrites { get; set; }

    public int ReadsByLeader { get; set; }

    public int ReadsByOthers { get; set; }

    public void Add(WorldFigures other)
    {
        Leaders += other.Leaders;
        Committed += other.Committed;
        Configurations += other.Configurations;
        Joint += other.Joint;
        Snapshots += other.Snapshots;
        Transfers += other.Transfers;
        LostWrites += other.LostWrites;
        ReadsByLeader += other.ReadsByLeader;
        ReadsByOthers += other.ReadsByOthers;
    }
}
