using System.Text;
using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

public sealed class InstallTests
{
    private static readonly MemberId Leader = new(1);
    private static readonly MemberId Me = new(2);
    private static readonly Term Term = new(1);

    [Fact]
    public void Entries_that_follow_a_snapshot_are_applied_to_its_state()
    {
        var snapshot = new SnapshotMetadata(new(5), Term, Membership.Of(Leader, Me));
        var node = new NodeCore(
            new(), new() { Id = Me, Seed = 1 }, RecoveredState.NewGroup(Membership.Of(Leader, Me)), new KeySpace());
        node.Receive(new RaftMessage.InstallSnapshot(Leader, Me, Term, snapshot));
        var entry = new LogEntry(new(6), Term, EntryKind.Command, NodeDriver.Encode(NodeDriver.Put("b", "2")));
        node.Receive(new RaftMessage.AppendEntries(Leader, Me, Term, new(5), Term, new[] { entry }, Commit: new(6)));
        node.Persisted(node.TakeEffects().Writes[^1].Sequence);

        var effects = node.TakeEffects();
        Assert.Equal(snapshot, effects.Install);
        Assert.Equal(0, effects.AppliedEntries);

        var space = new KeySpace();
        space.Apply(NodeDriver.Put("a", "1"));
        node.Installed(snapshot, space);
        effects = node.TakeEffects();

        Assert.Equal(1, effects.AppliedEntries);
        Assert.Equal(new LogIndex(6), node.AppliedIndex);
        Assert.Equal("1", Encoding.UTF8.GetString(effects.Views[^1].Get("a"u8)!.ValueSpan));
        Assert.Equal("2", Encoding.UTF8.GetString(effects.Views[^1].Get("b"u8)!.ValueSpan));
    }
}
