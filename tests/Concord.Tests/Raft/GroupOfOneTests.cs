using Concord.Raft;

namespace Concord.Tests.Raft;

public sealed class GroupOfOneTests
{
    private static readonly MemberId Me = new(1);

    private readonly RaftCore _core = new(
        new RaftOptions { Id = Me, Seed = 7 }, RecoveredState.NewGroup(Membership.Of(Me)));

    [Fact]
    public void It_leads_once_its_own_vote_is_durable_without_any_tick()
    {
        var write = _core.TakeEffects().Write;

        Assert.NotNull(write);
        Assert.Equal(new HardState(new Term(1), Me, LogIndex.Zero), write.HardState);
        Assert.Equal(RaftRole.Candidate, _core.Role);

        _core.Persisted(write.Sequence);
        Assert.Equal(RaftRole.Leader, _core.Role);
        Assert.Equal(new RoleChange(RaftRole.Leader, new Term(1), Me), _core.TakeEffects().RoleChange);
    }

    [Fact]
    public void An_entry_commits_only_when_its_own_flush_is_reported()
    {
        Lead();
        var proposal = _core.Propose("a"u8.ToArray());
        Assert.True(proposal.Accepted);
        var write = _core.TakeEffects().Write!;
        Assert.Equal(proposal.FirstIndex, write.Entries.Span[0].Index);
        Assert.True(write.MustFlush);
        Assert.True(_core.CommitIndex < proposal.FirstIndex);

        _core.Persisted(write.Sequence);
        Assert.Equal(proposal.FirstIndex, _core.CommitIndex);
        Assert.Equal("a"u8.ToArray(), _core.TakeEffects().Apply.Span[0].Data.ToArray());
    }

    [Fact]
    public void Several_writes_may_be_under_way_and_one_report_covers_them()
    {
        Lead();
        _core.Propose("a"u8.ToArray());
        Assert.NotNull(_core.TakeEffects().Write);
        _core.Propose("b"u8.ToArray());
        ulong last = _core.TakeEffects().Write!.Sequence;

        _core.Persisted(last);
        Assert.Equal(2, _core.TakeEffects().Apply.Length);
    }

    [Fact]
    public void A_read_is_answered_at_once()
    {
        Lead();
        _core.ReadIndex(42);
        Assert.Equal([new ReadResult(42, ReadOutcome.Ready, _core.CommitIndex)], _core.TakeEffects().Reads);
    }

    [Fact]
    public void A_restart_hands_out_the_whole_log_again()
    {
        Lead();
        _core.Propose("a"u8.ToArray());
        var write = _core.TakeEffects().Write!;
        LogEntry[] log = [new(new(1), new(1), EntryKind.Membership, MembershipCodec.Encode(_core.Membership)), .. write.Entries.Span];

        var again = new RaftCore(
            new RaftOptions { Id = Me, Seed = 8 },
            new RecoveredState(
                new HardState(new Term(1), Me, LogIndex.Zero),
                new SnapshotMetadata(LogIndex.Zero, Term.Zero, Membership.Of(Me)),
                log));
        List<LogEntry> applied = Run(again);

        Assert.Equal(new Term(2), again.Term);
        Assert.Equal([1, 2, 3], applied.Select(e => e.Index.Value));
        Assert.Equal([EntryKind.Membership, EntryKind.Command, EntryKind.Empty], applied.Select(e => e.Kind));
    }

    private void Lead() => Run(_core);

    private static List<LogEntry> Run(RaftCore core)
    {
        List<LogEntry> applied = [];
        for (var effects = core.TakeEffects(); !effects.IsEmpty; effects = core.TakeEffects())
        {
            applied.AddRange(effects.Apply.Span);
            if (effects.Apply.Length > 0)
            {
                core.Applied(applied[^1].Index);
            }

            if (effects.Write is { } write)
            {
                core.Persisted(write.Sequence);
            }
        }

        return applied;
    }
}
