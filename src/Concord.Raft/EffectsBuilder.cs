namespace Concord.Raft;

/// <summary>Turns what was decided in a step into <see cref="Effects"/>, in the order that safety needs.</summary>
internal sealed class EffectsBuilder(MemberState state)
{
    private readonly Effects _effects = new();
    private RoleChange _told = new(RaftRole.Follower, state.Term, MemberId.None);

    public Effects Take()
    {
        var outbox = state.Outbox;
        _effects.Clear();
        _effects.Write = TakeWrite();
        Move(outbox.Now, _effects.SendNowList);
        Move(outbox.Reads, _effects.ReadsList);
        Move(outbox.Memberships, _effects.MembershipsList);

        // When another snapshot has taken the place of one meanwhile, its file may be removed any time: wait for the newer.
        _effects.Install = outbox.Install?.Index == state.Log.Snapshot.Index ? outbox.Install : null;
        outbox.Install = null;
        _effects.Apply = state.Log.TakeApplicable(state.Options.MaxApplyBytes);
        var role = new RoleChange(state.Role, state.Term, state.Leader);
        _effects.RoleChange = role == _told ? null : role;
        _told = role;
        return _effects;
    }

    private LogWrite? TakeWrite()
    {
        var outbox = state.Outbox;
        var snapshot = outbox.Snapshot;
        var entries = state.Log.TakeUnwritten();
        var now = new HardState(state.Term, state.Vote, state.Log.Committed);
        bool promised = now.Term != state.Written.Term || now.Vote != state.Written.Vote;

        // The commit index alone is not worth a write; it goes along with the next one.
        bool content = promised || snapshot is not null || !entries.IsEmpty;
        if (!content && outbox.AfterPersist.Count == 0)
        {
            return null;
        }

        if (!content && !state.Writes.Any)
        {
            // Promises about what is durable already.
            Move(outbox.AfterPersist, outbox.Now);
            return null;
        }

        HardState? hardState = content && now != state.Written ? now : null;
        state.Written = hardState ?? state.Written;
        ulong sequence = state.Writes.Issue(state.Log.LastIndex, hardState, snapshot);
        RaftMessage[] sendAfter = [.. outbox.AfterPersist];
        outbox.AfterPersist.Clear();
        outbox.Snapshot = null;
        return new LogWrite(sequence, snapshot, entries, hardState, sendAfter);
    }

    private static void Move<T>(List<T> from, List<T> to)
    {
        to.AddRange(from);
        from.Clear();
    }
}
