using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

public sealed class SnapshotScheduleTests
{
    private readonly SnapshotSchedule _schedule = new(
        new() { SnapshotEntries = 100, SnapshotLogBytes = 50_000, SnapshotStateShare = 4, SnapshotLogBytesMax = 200_000 }, LogIndex.Zero);

    private long _index;

    [Fact]
    public void A_small_state_is_written_after_so_many_entries()
    {
        Count(99, 10);
        Assert.False(_schedule.IsDue(stateBytes: 1000));
        Count(1, 10);
        Assert.True(_schedule.IsDue(stateBytes: 1000));
    }

    [Fact]
    public void A_large_state_waits_until_the_log_is_worth_it_but_not_for_ever()
    {
        Count(1000, 68);
        Assert.False(_schedule.IsDue(stateBytes: 1_000_000));
        Assert.True(_schedule.IsDue(stateBytes: 400_000));
        Count(1000, 68);
        Assert.True(_schedule.IsDue(stateBytes: long.MaxValue));
    }

    [Fact]
    public void Few_large_entries_are_enough()
    {
        Count(3, 20_000);
        Assert.True(_schedule.IsDue(stateBytes: 60_000));
    }

    [Fact]
    public void What_is_applied_while_a_snapshot_is_written_counts_for_the_next_one()
    {
        Count(100, 10);
        _schedule.Begin(new(_index));
        Assert.False(_schedule.IsDue(0));
        Count(60, 10);
        _schedule.End(succeeded: true);

        Assert.Equal(60, _schedule.Entries);
        Assert.False(_schedule.IsDue(0));
        Count(40, 10);
        Assert.True(_schedule.IsDue(0));
    }

    [Fact]
    public void A_snapshot_that_failed_is_due_as_before()
    {
        Count(100, 10);
        _schedule.Begin(new(_index));
        _schedule.End(succeeded: false);

        Assert.True(_schedule.IsDue(0));
    }

    private void Count(int entries, int bytes)
    {
        for (; entries > 0; entries--)
        {
            _schedule.Count(new LogEntry(new(++_index), new(1), EntryKind.Command, new byte[bytes]));
        }
    }
}
