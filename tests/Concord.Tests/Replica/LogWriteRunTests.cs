using Concord.Raft;
using Concord.Server.Replica;

namespace Concord.Tests.Replica;

public sealed class LogWriteRunTests
{
    private readonly LogWriteRun _run = new();
    private ulong _sequence;

    [Fact]
    public void Writes_that_continue_each_other_are_one()
    {
        Assert.True(_run.TryAdd(Write(State(1), 5, 6)));
        Assert.True(_run.TryAdd(Write(null, 7)));
        Assert.True(_run.TryAdd(Write(State(2))));
        Assert.True(_run.TryAdd(Write(null)));
        Assert.True(_run.TryAdd(Write(null, 8)));

        Assert.Equal(5, _run.Count);
        Assert.Equal([5, 6, 7, 8], _run.Entries.ToArray().Select(entry => entry.Index.Value));
        Assert.Equal(State(2), _run.HardState);
    }

    [Theory]
    [InlineData(7, "replaces the last entry")]
    [InlineData(3, "replaces all")]
    [InlineData(9, "leaves a gap, which the log refuses")]
    public void What_does_not_continue_it_begins_another(int first, string what)
    {
        Assert.True(_run.TryAdd(Write(null, 5, 6, 7)));
        Assert.False(_run.TryAdd(Write(null, first)), what);
        Assert.Equal(1, _run.Count);
        _run.Clear();
        Assert.True(_run.TryAdd(Write(null, first)));
    }

    [Fact]
    public void A_snapshot_begins_another_and_is_continued()
    {
        var snapshot = new SnapshotMetadata(new(20), new(2), Membership.Of(new MemberId(1)));
        Assert.True(_run.TryAdd(Write(null, 5)));
        Assert.False(_run.TryAdd(Write(State(3)) with { Snapshot = snapshot }));
        _run.Clear();
        Assert.True(_run.TryAdd(Write(State(3)) with { Snapshot = snapshot }));
        Assert.True(_run.TryAdd(Write(null, 21)));
        Assert.Equal(2, _run.Count);
    }

    [Fact]
    public void It_is_bounded_but_for_its_first_write()
    {
        Assert.True(_run.TryAdd(Large(1)));
        Assert.False(_run.TryAdd(Large(2)));
        Assert.False(_run.TryAdd(Write(null, 2)));

        LogWrite Large(int index) => Write(null) with { Entries = new LogEntry[] { new(new(index), new(1), EntryKind.Command, new byte[2 << 20]) } };
    }

    private static HardState State(long term) => new(new(term), new(1), LogIndex.Zero);

    private LogWrite Write(HardState? state, params int[] indexes) =>
        new(++_sequence, null, indexes.Select(index => new LogEntry(new(index), new(1), EntryKind.Command, new byte[8])).ToArray(), state, []);
}
