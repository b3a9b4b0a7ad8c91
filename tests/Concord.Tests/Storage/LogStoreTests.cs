using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

public sealed class LogStoreTests
{
    private readonly SimulatedDisk _disk = new(seed: 1);

    [Fact]
    public void A_new_directory_is_empty()
    {
        using ReplicaStorage storage = Sample.Open(_disk, out StoredState recovered);
        Assert.Null(recovered.Snapshot);
        Assert.Empty(recovered.Entries);
        Assert.Empty(recovered.Notices);
        Assert.Equal(default, recovered.HardState);
        Assert.Equal(LogIndex.Zero, storage.Log.LastIndex);
    }

    [Fact]
    public void Entries_and_hard_state_come_back()
    {
        LogEntry[] entries = [Sample.Entry(1, bytes: 0), Sample.Entry(2, bytes: 3000), Sample.Entry(3, bytes: 496) with { Kind = EntryKind.Membership }];
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(Sample.State(3, vote: 7, commit: 2), entries);
            storage.Log.Flush();
        }

        StoredState recovered = Sample.Recover(_disk);
        Sample.Equal(entries, recovered.Entries);
        Assert.Equal(Sample.State(3, vote: 7, commit: 2), recovered.HardState);
        Assert.Empty(recovered.Notices);
    }

    [Fact]
    public void An_entry_written_again_replaces_everything_after_it()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(null, Sample.Entries(1, 60, term: 1));
            storage.Log.Append(null, Sample.Entries(5, 2, term: 2));
            Assert.Equal(new LogIndex(6), storage.Log.LastIndex);
            storage.Log.Append(null, Sample.Entries(7, 1, term: 3));
            storage.Log.Flush();
        }

        Sample.Equal(
            [.. Sample.Entries(1, 4, term: 1), .. Sample.Entries(5, 2, term: 2), .. Sample.Entries(7, 1, term: 3)],
            Sample.Recover(_disk).Entries);
    }

    [Fact]
    public void A_batch_larger_than_a_segment_gets_a_segment_of_its_own_size()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(null, Sample.Entries(1, 3, bytes: 20_000));
            storage.Log.Flush();
        }

        Sample.Equal(Sample.Entries(1, 3, bytes: 20_000), Sample.Recover(_disk).Entries);
    }

    /// <summary>Zeros are written ahead of the batches, but not over anything and not beyond the segment.</summary>
    [Fact]
    public void Zeros_ahead_stay_within_the_segment_and_end_no_batch()
    {
        const int Bytes = 256 << 10;
        var options = new StorageOptions { SegmentBytes = Bytes };
        using (ReplicaStorage storage = ReplicaStorage.Open(_disk, Sample.Identity, options, out _))
        {
            for (int i = 1; i <= 300; i++)
            {
                storage.Log.Append(null, [Sample.Entry(i, bytes: i * 7)]);
                storage.Log.Flush();
            }
        }

        foreach (string path in Sample.Segments(_disk))
        {
            using IDiskFile file = _disk.Open(path, writable: false);
            Assert.Equal(Bytes, file.Length);
        }

        StoredState recovered = Sample.Recover(_disk);
        Assert.Equal(300, recovered.Entries.Count);
        Assert.Empty(recovered.Notices);
    }

    [Fact]
    public void The_log_goes_on_over_segments_and_restarts()
    {
        for (int round = 0; round < 10; round++)
        {
            using ReplicaStorage storage = Sample.Open(_disk, out StoredState recovered);
            Sample.Equal(Sample.Entries(1, round * 20), recovered.Entries);
            for (int i = 1; i <= 20; i++)
                storage.Log.Append(Sample.State(1, commit: round * 20), [Sample.Entry((round * 20) + i)]);
            storage.Log.Flush();
        }

        Assert.True(Sample.Segments(_disk).Length > 5);
    }

    [Fact]
    public void A_prepared_segment_is_used_and_one_left_over_is_removed()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            Assert.False(storage.Log.NeedsSegment);
            for (int i = 1; !storage.Log.NeedsSegment; i++)
                storage.Log.Append(null, [Sample.Entry(i)]);
            storage.Log.PrepareSegment();
            Assert.False(storage.Log.NeedsSegment);
            Assert.Contains("spare.tmp", _disk.List("log"));
            long used = _disk.UsedBytes;
            while (storage.Log.SegmentCount == 1)
                storage.Log.Append(null, [Sample.Entry(storage.Log.LastIndex.Value + 1)]);
            Assert.Equal(used, _disk.UsedBytes);
            storage.Log.PrepareSegment();
        }

        Sample.Recover(_disk);
        Assert.DoesNotContain("spare.tmp", _disk.List("log"));
    }

    [Fact]
    public void Many_appends_share_one_flush()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        int flushes = _disk.Flushes;
        for (int i = 1; i <= 5; i++)
            storage.Log.Append(null, [Sample.Entry(i)]);
        storage.Log.Flush();
        storage.Log.Flush();
        Assert.Equal(flushes + 1, _disk.Flushes);
    }

    [Fact]
    public void A_gap_and_entries_under_the_snapshot_are_refused()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        storage.Log.Append(null, Sample.Entries(1, 5));
        Assert.Throws<ArgumentException>(() => storage.Log.Append(null, [Sample.Entry(7)]));
        Assert.Throws<ArgumentException>(() => storage.Log.Append(null, [Sample.Entry(6), Sample.Entry(8)]));
        storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 3));
        Assert.Throws<ArgumentException>(() => storage.Log.Append(null, [Sample.Entry(3)]));
        Assert.Equal(new LogIndex(5), storage.Log.LastIndex);
    }

    [Fact]
    public void Segments_before_the_older_snapshot_are_removed()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            for (int i = 1; i <= 200; i++)
                storage.Log.Append(null, [Sample.Entry(i)]);
            storage.Log.Flush();
            int all = storage.Log.SegmentCount;
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 100));
            int afterFirst = storage.Log.SegmentCount;
            Assert.InRange(afterFirst, all / 3, (2 * all / 3) + 1);
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 150));
            Assert.Equal(afterFirst, storage.Log.SegmentCount);
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 190));
            Assert.True(storage.Log.SegmentCount < afterFirst);
            Assert.Equal([Sample.At(190), Sample.At(150)], storage.Snapshots.List());
        }

        StoredState recovered = Sample.Recover(_disk);
        Assert.Equal(new LogIndex(190), recovered.Snapshot!.Index);
        Sample.Equal(Sample.Entries(191, 10), recovered.Entries);
    }

    [Fact]
    public void Dropping_what_no_durable_snapshot_covers_is_refused()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        storage.Log.Append(null, Sample.Entries(1, 5));
        storage.Log.Flush();
        Assert.Throws<InvalidOperationException>(() => storage.Log.DropBefore(new LogIndex(3)));
        storage.Log.RecordSnapshot(Sample.At(3));
        Assert.Throws<InvalidOperationException>(() => storage.Log.DropBefore(new LogIndex(3)));
        storage.Log.Flush();
        Assert.Equal(0, storage.Log.DropBefore(new LogIndex(3)));
    }
}
