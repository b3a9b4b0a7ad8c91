using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>One core of a group whose other members are played by the test: inputs in, messages out, every write flushed at once.</summary>
internal sealed class SingleCore
{
    public static readonly MemberId Me = new(1);

    private readonly DiskMember _member;
    private readonly List<RaftMessage> _sent = [];

    private SingleCore(RaftOptions options, RecoveredState state)
    {
        _member = new DiskMember(() => options, state);
        Run();
        _sent.Clear();
    }

    public RaftCore Core => _member.Core;

    public DiskMember Member => _member;

    /// <summary>Pre-vote and check-quorum are off unless asked for: the paper knows neither.</summary>
    public static SingleCore Of(int voters, Func<RaftOptions, RaftOptions>? options = null, HardState hardState = default, params long[] logTerms)
    {
        var plain = new RaftOptions { Id = Me, Seed = 1, PreVote = false, CheckQuorum = false };
        var membership = Membership.Of([.. Enumerable.Range(1, voters).Select(i => new MemberId((ulong)i))]);
        var entries = logTerms.Select((term, i) => Entry(i + 1, term)).ToArray();
        var recovered = new RecoveredState(hardState, new SnapshotMetadata(LogIndex.Zero, Term.Zero, membership), entries);
        return new SingleCore(options?.Invoke(plain) ?? plain, recovered);
    }

    public static LogEntry Entry(long index, long term, string data = "x") =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, System.Text.Encoding.UTF8.GetBytes(data));

    public static MemberId Peer(int id) => new((ulong)id);

    public static HardState At(long term, int vote = 0, long commit = 0) => new(new Term(term), new MemberId((ulong)vote), new LogIndex(commit));

    /// <summary>Gives messages and returns what is sent in answer.</summary>
    public List<RaftMessage> Receive(params RaftMessage[] messages)
    {
        foreach (var message in messages)
        {
            Core.Receive(message);
        }

        return Run();
    }

    public List<RaftMessage> Tick(int count = 1)
    {
        for (; count > 0; count--)
        {
            Core.Tick();
        }

        return Run();
    }

    /// <summary>Performs all effects; returns what was sent by it.</summary>
    public List<RaftMessage> Run()
    {
        _sent.Clear();
        _member.Perform(_sent.Add);
        while (_member.Unflushed > 0)
        {
            _member.Flush(_sent.Add);
            _member.Report();
            _member.Perform(_sent.Add);
        }

        return [.. _sent];
    }

    public SingleCore BecomeFollower(long term, int leader)
    {
        Receive(new RaftMessage.Heartbeat(Peer(leader), Me, new Term(term), LogIndex.Zero, 0));
        Assert.Equal((RaftRole.Follower, new Term(term), Peer(leader)), (Core.Role, Core.Term, Core.Leader));
        return this;
    }

    public SingleCore BecomeCandidate()
    {
        Core.Campaign();
        Run();
        Assert.Equal(RaftRole.Candidate, Core.Role);
        return this;
    }

    /// <summary>Elected by all others; its first entry is appended and not acknowledged by anyone.</summary>
    public SingleCore BecomeLeader()
    {
        BecomeCandidate();
        foreach (var voter in Core.Membership.Voters.Where(v => v != Me))
        {
            if (Core.Role == RaftRole.Candidate)
            {
                Receive(Vote(voter, granted: true));
            }
        }

        Assert.Equal(RaftRole.Leader, Core.Role);
        return this;
    }

    /// <summary>Leads, and a quorum holds everything so far.</summary>
    public SingleCore BecomeSettledLeader()
    {
        BecomeLeader();
        foreach (var voter in Core.Membership.Voters.Where(v => v != Me))
        {
            Receive(Accept(voter, Core.LastIndex));
        }

        Assert.Equal(Core.LastIndex, Core.CommitIndex);
        return this;
    }

    public RaftMessage.RequestVoteResponse Vote(MemberId from, bool granted) => new(from, Me, Core.Term, granted);

    public RaftMessage.AppendEntriesResponse Accept(MemberId from, LogIndex index) =>
        new(from, Me, Core.Term, Accepted: true, index, LogIndex.Zero, Term.Zero);

    public RaftMessage.AppendEntries Append(int from, long term, long previousIndex, long previousTerm, long commit, params LogEntry[] entries) =>
        new(Peer(from), Me, new Term(term), new LogIndex(previousIndex), new Term(previousTerm), entries, new LogIndex(commit));
}
