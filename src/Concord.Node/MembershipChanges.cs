using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Who belongs to the group: judges and proposes changes, gives learners their vote when they have caught up, and answers when a
/// change is over.
/// </summary>
internal sealed class MembershipChanges(NodeOptions options, RaftCore raft, PendingCommands pending, Membership applied)
{
    private readonly NodeOptions _options = options;
    private readonly RaftCore _raft = raft;
    private readonly PendingCommands _pending = pending;
    private readonly List<RequestToken> _waitingForLeave = [];

    /// <summary>Not heard from since a message to them was lost.</summary>
    private readonly HashSet<MemberId> _unreachable = [];

    /// <summary>The newest committed configuration that was applied.</summary>
    public Membership Applied { get; private set; } = applied;

    public void Lost(MemberId member) => _unreachable.Add(member);

    public void Heard(MemberId member) => _unreachable.Remove(member);

    public void Propose(
        RequestToken token,
        IReadOnlyList<MemberChange> changes,
        JointMode mode,
        IReadOnlyDictionary<MemberId, MemberInfo> info,
        NodeEffects effects)
    {
        if (_raft.Role != RaftRole.Leader)
        {
            effects.Changes.Add(new(token, RequestOutcome.NotLeader, null));
            return;
        }

        var fault = info.Values.Select(MemberDirectory.Fault).FirstOrDefault(fault => fault is not null);
        if (fault is not null)
        {
            effects.Changes.Add(new(token, RequestOutcome.InvalidChange, fault));
            return;
        }

        if (info.Keys.FirstOrDefault(member => !IsMember(member) && changes.All(change => change.Member != member)) is { IsNone: false } stranger)
        {
            effects.Changes.Add(new(token, RequestOutcome.InvalidChange, $"{stranger} is not a member"));
            return;
        }

        if (changes.Any(change => change.Kind == MemberChangeKind.AddVoter && IsLateLearner(change.Member)))
        {
            effects.Changes.Add(new(token, RequestOutcome.LearnerNotReady, null));
            return;
        }

        var directory = MemberDirectory.Of(_raft.Membership).Within(_raft.Membership);
        if (changes.FirstOrDefault(change => change.Kind != MemberChangeKind.Remove && directory.Removed.Contains(change.Member)) is { Member.IsNone: false } returning)
        {
            effects.Changes.Add(new(token, RequestOutcome.InvalidChange, $"{returning.Member} was removed, and numbers are not used again; add it under a new one"));
            return;
        }

        if (QuorumGuard.Judge(_raft, _unreachable, directory, changes) is not RequestOutcome.Done and var refusal)
        {
            effects.Changes.Add(new(token, refusal, null));
            return;
        }

        foreach (var (member, facts) in info)
        {
            // Whoever says so about a voter does not know yet that it has become one.
            var isVoter = _raft.Membership.Voters.Contains(member);
            directory = directory.With(member, facts with
            {
                BecomesVoter = facts.BecomesVoter && !isVoter,
                Replaces = isVoter ? MemberId.None : facts.Replaces,
            });
        }

        if (SharedAddress(directory, changes) is { } shared)
        {
            effects.Changes.Add(new(token, RequestOutcome.InvalidChange, $"two members would have the address {shared}"));
            return;
        }

        MemberId[] leaving = [.. changes.GroupBy(change => change.Member).Select(of => of.Last())
            .Where(last => last.Kind == MemberChangeKind.Remove && IsMember(last.Member)).Select(last => last.Member)];
        directory = directory.WithRemoved(leaving);

        // The type matters: a null array would become empty memory, which takes the place of what is known.
        var context = info.Count > 0 || leaving.Length > 0 ? directory.Encode() : (ReadOnlyMemory<byte>?)null;
        var proposal = _raft.ProposeMembership(new(changes, mode, context));
        if (proposal.Accepted)
        {
            _pending.Add(proposal.FirstIndex, proposal.Term, token);
            return;
        }

        effects.Changes.Add(new(token, proposal.Refusal.Outcome(), proposal.Reason));
    }

    /// <summary>Gives learners that are to become voters their vote, once they have caught up, and lets those go that they replace.</summary>
    public void Promote()
    {
        if (_raft.Membership.Learners.Count == 0)
        {
            return;
        }

        var directory = MemberDirectory.Of(_raft.Membership);
        var changes = new List<MemberChange>();
        foreach (var learner in _raft.Membership.Learners.Where(learner => directory[learner].BecomesVoter && !IsLateLearner(learner)))
        {
            changes.Add(new(MemberChangeKind.AddVoter, learner));
            if (directory[learner].Replaces is { IsNone: false } replaced)
            {
                changes.Add(new(MemberChangeKind.Remove, replaced));
                directory = directory.WithRemoved([replaced]);
            }

            directory = directory.With(learner, directory[learner] with { BecomesVoter = false, Replaces = MemberId.None });
        }

        if (changes.Count > 0 && QuorumGuard.Judge(_raft, _unreachable, directory, changes) == RequestOutcome.Done)
        {
            // Refused while another change is under way: the next tick tries again.
            _ = _raft.ProposeMembership(new(changes, Context: directory.Encode()));
        }
    }

    public void Apply(in LogEntry entry, RequestToken? token, NodeEffects effects)
    {
        Applied = MembershipCodec.Decode(entry.Data)
            ?? throw new UnknownEntryException(
                $"the membership in log entry {entry.Index} cannot be read; a newer version of the program wrote it: run that version or a newer one on this member too");
        if (token is { } waiting)
        {
            _waitingForLeave.Add(waiting);
        }

        AnswerChanges(effects);
    }

    public void Installed(Membership membership, NodeEffects effects)
    {
        Applied = membership;
        AnswerChanges(effects);
    }

    private void AnswerChanges(NodeEffects effects)
    {
        // The entry that ends a joint configuration by itself follows; the change is not over before.
        if (Applied is not { IsJoint: true, AutoLeave: true })
        {
            effects.Changes.AddRange(_waitingForLeave.Select(one => new MembershipAnswer(one, RequestOutcome.Done, null)));
            _waitingForLeave.Clear();
        }
    }

    /// <summary>A peer address that two members would have, who then could not both be reached; or null.</summary>
    private static string? SharedAddress(MemberDirectory directory, IReadOnlyList<MemberChange> changes) => directory.Members
        .Where(member => !changes.Contains(new(MemberChangeKind.Remove, member.Key)))
        .SelectMany(member => member.Value.PeerUrls.Distinct())
        .GroupBy(url => url)
        .FirstOrDefault(group => group.Count() > 1)?.Key;

    private bool IsMember(MemberId member) =>
        _raft.Membership.Voters.Contains(member) || _raft.Membership.OutgoingVoters.Contains(member) || _raft.Membership.Learners.Contains(member);

    /// <summary>
    /// A learner that this leader knows to be too far behind to vote. It may be one itself for a while: it leads on until the
    /// change that takes its vote is done, and is not behind itself.
    /// </summary>
    private bool IsLateLearner(MemberId member)
    {
        if (_raft.Role != RaftRole.Leader || member == _raft.Id || !_raft.Membership.Learners.Contains(member))
        {
            return false;
        }

        var status = _raft.Followers.First(follower => follower.Member == member);
        return status.Mode != ReplicationMode.Replicate || !status.Active || _raft.LastIndex - status.Match > _options.PromotionLagEntries;
    }
}
