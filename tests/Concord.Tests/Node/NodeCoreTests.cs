using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

public sealed class NodeCoreTests
{
    [Fact]
    public void A_command_is_neither_applied_nor_answered_before_its_flush_is_reported()
    {
        var node = NodeDriver.Leading();
        var token = node.Propose(NodeDriver.Put("a", "1"));
        node.Take();

        Assert.Equal(1, node.UnflushedWrites);
        Assert.Empty(node.Commands);
        Assert.Null(node.Core.View.Get("a"u8));

        node.Flush();
        node.Take();

        var answer = Assert.Single(node.Commands);
        Assert.Equal((token, RequestOutcome.Done), (answer.Token, answer.Outcome));
        Assert.Equal(2, answer.Result!.Revision);
        Assert.NotNull(node.Core.View.Get("a"u8));
    }

    [Fact]
    public void Commands_given_before_the_effects_are_taken_share_one_write_and_one_view()
    {
        var node = NodeDriver.Leading();
        var views = node.Views.Count;
        var tokens = Enumerable.Range(0, 50).Select(i => node.Propose(NodeDriver.Put($"k{i}", "v"))).ToList();
        node.Take();

        Assert.Equal(1, node.UnflushedWrites);
        node.Flush();
        node.Take();

        Assert.Equal(tokens, node.Commands.Select(answer => answer.Token));
        Assert.Equal(1, node.Views.Count - views);
    }

    [Fact]
    public void A_new_member_leads_and_serves_only_after_its_own_vote_and_first_entry_are_flushed()
    {
        var node = new NodeDriver();
        node.Take();
        Assert.False(node.Core.IsLeading);
        node.Flush();
        node.Take();
        Assert.False(node.Core.IsLeading);
        Assert.False(node.Core.IsSoleVoter);
        node.Flush();
        node.Take();

        Assert.True(node.Core.IsLeading);
        Assert.True(node.Core.IsSoleVoter);
    }

    [Fact]
    public void A_command_before_there_is_a_leader_is_refused_at_once()
    {
        var node = new NodeDriver();
        node.Propose(NodeDriver.Put("a", "1"));
        node.Take();

        Assert.Equal(RequestOutcome.NotLeader, Assert.Single(node.Commands).Outcome);
    }

    [Fact]
    public void A_view_is_published_before_a_compaction_so_that_nobody_who_follows_misses_a_change()
    {
        var node = NodeDriver.Leading();
        node.Do(NodeDriver.Put("a", "1"));
        node.Views.Clear();
        node.Propose(NodeDriver.Put("a", "2"));
        node.Propose(NodeDriver.Put("b", "1"));
        node.Propose(new CompactCommand(4));
        node.Propose(NodeDriver.Put("c", "1"));
        node.Settle();

        Assert.Equal([(4L, 0L), (5L, 4L)], node.Views.Select(view => (view.Revision, view.CompactedRevision)));
        var changes = new List<KeyVersion>();
        Assert.Equal(5, node.Views[0].ReadChanges(KeyRange.All, 3, 10, changes));
        Assert.Equal([3L, 4L], changes.Select(change => change.ModRevision));
    }

    [Fact]
    public void A_linearizable_read_is_answered_and_the_view_then_holds_what_was_acknowledged_before()
    {
        var node = NodeDriver.Leading();
        node.Do(NodeDriver.Put("a", "1"));
        node.Core.Read(new(99));
        node.Take();

        Assert.Equal(new ReadAnswer(new(99), RequestOutcome.Done), Assert.Single(node.Reads));
        Assert.NotNull(node.Core.View.Get("a"u8));
    }

    [Fact]
    public void A_command_that_cannot_be_decoded_stops_the_replica()
    {
        var node = NodeDriver.Leading();
        node.Core.Propose(new(1), new byte[] { 0xff, 1, 2, 3 });
        node.Take();
        node.Flush();

        var error = Assert.Throws<UnknownEntryException>(node.Take);
        Assert.Contains("cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_from_the_log_gives_the_same_state()
    {
        var node = NodeDriver.Leading();
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            node.Do(random.Next(10) switch
            {
                0 => new WriteCommand(new DeleteOperation(KeyRange.Single(new byte[] { (byte)random.Next(20) }))),
                1 => new LeaseGrantCommand(new(1000 + i), 60),
                _ => new WriteCommand(new PutOperation(new byte[] { (byte)random.Next(20) }, new byte[] { (byte)i })),
            });
        }

        node.Do(new CompactCommand(100));
        var again = new NodeDriver(before: node);
        again.Settle();

        Assert.Equal(StoreError.None, node.Core.View.Hash(0, out var before));
        Assert.Equal(StoreError.None, again.Core.View.Hash(0, out var after));
        Assert.Equal((before, node.Core.View.Revision), (after, again.Core.View.Revision));
        Assert.Equal(node.Core.View.Leases(), again.Core.View.Leases());
        Assert.Equal(node.Core.AppliedIndex.Next, again.Core.AppliedIndex);
    }

    [Fact]
    public void Dropping_compacted_versions_is_withheld_while_a_snapshot_is_written()
    {
        var node = NodeDriver.Leading();
        for (var i = 0; i < 10; i++)
        {
            node.Do(NodeDriver.Put("a", "x"));
        }

        var (metadata, _) = node.Core.BeginSnapshot();
        node.Do(new CompactCommand(11));
        Assert.False(node.Core.Trim(100));

        node.Core.EndSnapshot(metadata, succeeded: true);
        var size = node.Core.SizeBytes;
        Assert.True(node.Core.Trim(100));
        Assert.False(node.Core.Trim(100));
        Assert.True(node.Core.SizeBytes < size);
        node.Take();
        Assert.Equal(node.Core.SizeBytes, node.Core.View.SizeBytes);
    }

    [Theory]
    [InlineData((byte)7, "", "is of kind 7")]
    [InlineData((byte)EntryKind.Command, "\u0001\u00ff", "the command in log entry 1 cannot be read")]
    public void An_entry_of_a_newer_program_stops_the_member_instead_of_being_passed_over(byte kind, string data, string said)
    {
        var entry = new LogEntry(new(1), new(1), (EntryKind)kind, System.Text.Encoding.Latin1.GetBytes(data));
        var recovered = new RecoveredState(
            new HardState(new(1), MemberId.None, new(1)), new(LogIndex.Zero, Term.Zero, Membership.Of(new MemberId(1), new MemberId(2))), (LogEntry[])[entry]);
        var node = new NodeCore(new(), new() { Id = new(1), Seed = 1 }, recovered, new KeySpace());

        var error = Assert.Throws<UnknownEntryException>(node.TakeEffects);

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains("newer version", error.Message, StringComparison.Ordinal);
        Assert.Equal(LogIndex.Zero, node.AppliedIndex);
    }
}
