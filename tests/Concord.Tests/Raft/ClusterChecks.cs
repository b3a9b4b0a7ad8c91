using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>
/// The properties of figure 3 and the ones an implementation adds, checked over all members after each step: what one
/// member may know alone is asserted inside the core, this sees the whole group.
/// </summary>
internal sealed class ClusterChecks
{
    private readonly Dictionary<long, MemberId> _leaders = [];
    private readonly Dictionary<(long Term, MemberId Voter), MemberId> _votes = [];
    private readonly List<LogEntry> _committed = [];
    private readonly Dictionary<MemberId, (RaftCore Core, Term Term, LogIndex Commit, LogIndex Applied)> _before = [];

    public int Leaders => _leaders.Count;

    public LogIndex MaxCommit => new(_committed.Count);

    public LogEntry CommittedAt(LogIndex index) => _committed[(int)index.Value - 1];

    /// <summary>A vote leaves a member: the one promise per term.</summary>
    public void Sent(RaftMessage message)
    {
        (MemberId Voter, MemberId Candidate)? vote = message switch
        {
            RaftMessage.RequestVote m => (m.From, m.From),
            RaftMessage.RequestVoteResponse { Granted: true } m => (m.From, m.To),
            _ => null,
        };
        if (vote is { } v && !_votes.TryAdd((message.Term.Value, v.Voter), v.Candidate))
        {
            Require(_votes[(message.Term.Value, v.Voter)] == v.Candidate, $"{v.Voter} voted twice in term {message.Term}");
        }
    }

    public void AfterStep(IReadOnlyList<DiskMember> members, DiskMember stepped)
    {
        Monotonic(stepped);
        Committed(members, stepped);
        if (stepped.Core.Role == RaftRole.Leader)
        {
            Leader(stepped);
        }

        Applied(stepped);
    }

    /// <summary>Log matching (figure 3): entries of equal index and term, equal logs up to there. Slow, so not after each step.</summary>
    public static void LogMatching(IReadOnlyList<DiskMember> members)
    {
        foreach (var a in members)
        {
            foreach (var b in members)
            {
                bool equalAbove = false;
                for (var i = Min(a.Core.LastIndex, b.Core.LastIndex); i > LogIndex.Zero; i = i.Previous)
                {
                    if (a.Core.TermAt(i) is not { } termA || b.Core.TermAt(i) is not { } termB)
                    {
                        break;
                    }

                    Require(!equalAbove || termA == termB, $"{a.Id} and {b.Id} agree after entry {i} but not on it");
                    equalAbove |= termA == termB;
                }
            }
        }
    }

    private void Monotonic(DiskMember member)
    {
        var core = member.Core;
        if (_before.TryGetValue(member.Id, out var before))
        {
            Require(core.Term >= before.Term || !ReferenceEquals(core, before.Core), $"{member.Id}'s term went back");
            if (ReferenceEquals(core, before.Core))
            {
                Require(core.CommitIndex >= before.Commit, $"{member.Id}'s commit went back");
                Require(core.AppliedIndex >= before.Applied, $"{member.Id}'s applied index went back");
            }
        }

        Require(core.AppliedIndex <= core.CommitIndex, $"{member.Id} applied what is not committed");
        Require(core.Snapshot.Index <= core.CommitIndex, $"{member.Id}'s snapshot is ahead of its commit");
        Require(core.PersistedIndex <= member.DurableLast, $"{member.Id} takes {core.PersistedIndex} for durable, the disk ends at {member.DurableLast}");
        for (var i = core.PersistedIndex; i > core.FirstIndex && i > core.PersistedIndex - 8; i = i.Previous)
        {
            // The disk may be ahead of the core's view only when a later write has cut it again.
            Require(member.DurableTermAt(i) is null || member.DurableTermAt(i) == core.TermAt(i) || member.Unflushed > 0 || member.HasUnreported,
                $"{member.Id} takes entry {i} for durable, the disk holds another one");
        }

        _before[member.Id] = (core, core.Term, core.CommitIndex, core.AppliedIndex);
    }

    /// <summary>State machine safety and durability: what is committed first is on the disks of a quorum, and stays the same for all.</summary>
    private void Committed(IReadOnlyList<DiskMember> members, DiskMember member)
    {
        var core = member.Core;
        for (var i = MaxCommit.Next; i <= core.CommitIndex; i = i.Next)
        {
            var term = core.TermAt(i);
            Require(term is not null, $"{member.Id} commits {i}, which nobody had committed, without holding it");
            Require(OnQuorumOfDisks(members, core.Membership, i, term!.Value), $"{member.Id} commits {i}, which is on no quorum of disks");
            var source = members.Select(m => m.Log.FirstOrDefault(e => e.Index == i && e.Term == term)).First(e => e.Index == i);
            _committed.Add(source);
        }

        for (var i = core.CommitIndex; i >= core.FirstIndex && i > core.CommitIndex - 16; i = i.Previous)
        {
            Require(core.TermAt(i) == CommittedAt(i).Term, $"{member.Id} committed another entry {i} than the group");
        }
    }

    private static bool OnQuorumOfDisks(IReadOnlyList<DiskMember> members, Membership membership, LogIndex index, Term term)
    {
        bool Holds(MemberId id) => members.Any(m => m.Id == id && (m.DurableTermAt(index) == term || m.Snapshot.Index >= index));
        bool Majority(IReadOnlyList<MemberId> voters) => voters.Count == 0 || voters.Count(Holds) > voters.Count / 2;
        return Majority(membership.Voters) && Majority(membership.OutgoingVoters);
    }

    private void Leader(DiskMember member)
    {
        var core = member.Core;
        bool isNew = _leaders.TryAdd(core.Term.Value, member.Id);
        Require(_leaders[core.Term.Value] == member.Id, $"{member.Id} and {_leaders[core.Term.Value]} lead term {core.Term}");
        if (isNew)
        {
            for (var i = core.FirstIndex; i <= MaxCommit; i = i.Next)
            {
                Require(CommittedAt(i).Term >= core.Term || core.TermAt(i) == CommittedAt(i).Term, $"leader {member.Id} of term {core.Term} lacks committed entry {i}");
            }
        }

        Require(core.Followers.All(f => f.Match < f.Next), $"{member.Id} knows more of a follower than it sent");
    }

    /// <summary>Each member applies exactly the committed log, without gap or repetition.</summary>
    private void Applied(DiskMember member)
    {
        var expected = member.AppliedBase.Index.Next;
        int start = Math.Max(0, member.Applied.Count - 16);
        for (int i = start; i < member.Applied.Count; i++)
        {
            var entry = member.Applied[i];
            Require(entry.Index == expected + i, $"{member.Id} applied {entry.Index} instead of {expected + i}");
            var committed = CommittedAt(entry.Index);
            Require(entry.Term == committed.Term && entry.Kind == committed.Kind && entry.Data.Span.SequenceEqual(committed.Data.Span),
                $"{member.Id} applied another entry {entry.Index} than the group committed");
        }
    }

    private static LogIndex Min(LogIndex a, LogIndex b) => a < b ? a : b;

    private static void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw new InvariantViolationException(rule);
        }
    }
}
