using Concord.Raft;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;
using static Concord.Simulator.Checks.Promise;

namespace Concord.Simulator.Checks;

/// <summary>
/// The properties of the Raft paper's figure 3 and those that an implementation adds, over all members after each turn of one.
/// What one member can know alone is asserted in the core; this sees the whole group and its disks.
/// </summary>
internal sealed class RaftChecks(Simulation world)
{
    private readonly Dictionary<long, MemberId> _leaders = [];
    private readonly Dictionary<(long Term, MemberId Voter), MemberId> _votes = [];
    private readonly List<LogEntry> _committed = [];
    private readonly Dictionary<int, Seen> _seen = [];

    public int Leaders => _leaders.Count;

    public LogIndex MaxCommit => new(_committed.Count);

    public LogEntry CommittedAt(LogIndex index) => _committed[(int)index.Value - 1];

    /// <summary>A message leaves: what it promises must be on the sender's disk, and one term has one vote per member.</summary>
    public void Sent(SimulatedHost host, RaftMessage message)
    {
        switch (message)
        {
            case RaftMessage.RequestVote m:
                Vote(host, m.Term, m.From);
                break;
            case RaftMessage.RequestVoteResponse { Granted: true } m:
                Vote(host, m.Term, m.To);
                break;
            case RaftMessage.AppendEntriesResponse { Accepted: true } m:
                Require(host.Durable.HardState.Term >= m.Term, $"{host.Id} acknowledges in term {m.Term}, its disk knows term {host.Durable.HardState.Term}");

                // A leader of a later term may have had the entry overwritten in the same flush (seed 800673). That leader was elected
                // without it, by a quorum that can acknowledge nothing of earlier terms any more: too late to commit it.
                Require(
                    host.Durable.Last >= m.Index || host.Durable.HardState.Term > m.Term,
                    $"{host.Id} acknowledges entry {m.Index}, its disk ends at {host.Durable.Last}");
                break;
        }
    }

    public void AfterTurn(SimulatedHost host)
    {
        var raft = host.Process!.Raft;
        // A commit and a new configuration may come in one turn, in either order: one of the two was in force.
        var before = _seen.TryGetValue(host.Number, out var seen) && ReferenceEquals(seen.Raft, raft) ? seen.Membership : raft.Membership;
        Monotonic(host, raft);
        Committed(host, raft, before);
        if (raft.Role == RaftRole.Leader)
            Leader(host, raft);
    }

    /// <summary>Log matching (figure 3): entries of equal index and term, equal logs up to there. Slow, so now and then.</summary>
    public static void LogMatching(IReadOnlyList<SimulatedHost> hosts)
    {
        var running = hosts.Where(host => host.IsRunning).ToList();
        for (int i = 0; i < running.Count; i++)
        {
            for (int j = i + 1; j < running.Count; j++)
                LogMatching(running[i].Process!.Raft, running[j].Process!.Raft);
        }
    }

    private static void LogMatching(RaftCore a, RaftCore b)
    {
        bool equalAbove = false;
        for (var i = Min(a.LastIndex, b.LastIndex); i > LogIndex.Zero; i = i.Previous)
        {
            if (a.TermAt(i) is not { } termA || b.TermAt(i) is not { } termB)
                break;
            Require(!equalAbove || termA == termB, $"{a.Id} and {b.Id} agree after entry {i} but not on it");
            equalAbove |= termA == termB;
        }
    }

    private void Vote(SimulatedHost host, Term term, MemberId candidate)
    {
        Require(host.Durable.HardState.Term > term || (host.Durable.HardState.Term == term && host.Durable.HardState.Vote == candidate),
            $"{host.Id} votes for {candidate} in term {term}, its disk says {host.Durable.HardState}");
        if (!_votes.TryAdd((term.Value, host.Id), candidate))
            Require(_votes[(term.Value, host.Id)] == candidate, $"{host.Id} voted twice in term {term}");
    }

    private void Monotonic(SimulatedHost host, RaftCore raft)
    {
        if (_seen.TryGetValue(host.Number, out var before) && ReferenceEquals(before.Raft, raft))
        {
            Require(raft.Term >= before.Term, $"{host.Id}'s term went back");
            Require(raft.CommitIndex >= before.Commit, $"{host.Id}'s commit went back");
            Require(raft.AppliedIndex >= before.Applied, $"{host.Id}'s applied index went back");
        }

        Require(raft.AppliedIndex <= raft.CommitIndex, $"{host.Id} applied what is not committed");
        Require(raft.Snapshot.Index <= raft.CommitIndex, $"{host.Id}'s snapshot is ahead of its commit");
        var last = raft.PersistedIndex;
        if (last > host.Durable.Base.Index)
        {
            Require(last <= host.Durable.Last, $"{host.Id} takes {last} for durable, its disk ends at {host.Durable.Last}");

            // A write that cuts the log again may have reached the disk before the report of it reached the core.
            Require(raft.TermAt(last) == host.Durable.TermAt(last) || host.Process!.HasUnreported,
                $"{host.Id} takes entry {last} of term {raft.TermAt(last)} for durable, its disk holds one of term {host.Durable.TermAt(last)}");
        }

        _seen[host.Number] = new(raft, raft.Term, raft.CommitIndex, raft.AppliedIndex, raft.Membership);
    }

    /// <summary>State machine safety and durability: what is committed first is on the disks of a quorum, and stays the same for all.</summary>
    private void Committed(SimulatedHost host, RaftCore raft, Membership before)
    {
        for (var i = MaxCommit.Next; i <= raft.CommitIndex; i = i.Next)
        {
            var term = raft.TermAt(i);
            Require(term is not null, $"{host.Id} commits {i}, which nobody had committed, without holding it");
            Require(OnQuorumOfDisks(raft.Membership, i, term!.Value) || OnQuorumOfDisks(before, i, term.Value), $"{host.Id} commits entry {i} of term {term}, which is on no quorum of disks");
            var source = world.Hosts.First(h => i > h.Durable.Base.Index && h.Durable.TermAt(i) == term);
            Require(raft.Role != RaftRole.Leader || raft.TermAt(raft.CommitIndex) == raft.Term,
                $"leader {host.Id} of term {raft.Term} commits entry {raft.CommitIndex} of term {raft.TermAt(raft.CommitIndex)} by counting");
            _committed.Add(source.Durable.EntryAt(i));
            world.Committed(_committed[^1]);
        }

        for (var i = raft.CommitIndex; i >= raft.FirstIndex && i > raft.CommitIndex - 8; i = i.Previous)
            Require(raft.TermAt(i) == CommittedAt(i).Term, $"{host.Id} committed another entry {i} than the group");
    }

    private bool OnQuorumOfDisks(Membership membership, LogIndex index, Term term)
    {
        bool Holds(MemberId id)
        {
            var durable = world.Hosts[(int)id.Value - 1].Durable;
            return durable.Base.Index > index || durable.TermAt(index) == term;
        }

        bool Majority(IReadOnlyList<MemberId> voters) => voters.Count == 0 || voters.Count(Holds) > voters.Count / 2;
        return Majority(membership.Voters) && Majority(membership.OutgoingVoters);
    }

    private void Leader(SimulatedHost host, RaftCore raft)
    {
        bool isNew = _leaders.TryAdd(raft.Term.Value, host.Id);
        Require(_leaders[raft.Term.Value] == host.Id, $"{host.Id} and {_leaders[raft.Term.Value]} lead term {raft.Term}");
        if (!isNew)
            return;
        for (var i = raft.FirstIndex; i <= MaxCommit; i = i.Next)
        {
            var committed = CommittedAt(i).Term;
            Require(committed >= raft.Term || raft.TermAt(i) == committed, $"leader {host.Id} of term {raft.Term} lacks committed entry {i}");
        }

        Require(raft.Followers.All(f => f.Match < f.Next), $"{host.Id} knows more of a follower than it sent");
    }

    private static LogIndex Min(LogIndex a, LogIndex b) => a < b ? a : b;

    private readonly record struct Seen(RaftCore Raft, Term Term, LogIndex Commit, LogIndex Applied, Membership Membership);
}
