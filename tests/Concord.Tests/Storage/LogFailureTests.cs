using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

public sealed class LogFailureTests
{
    private readonly SimulatedDisk _disk = new(seed: 1);

    [Fact]
    public void A_failed_flush_is_final()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(null, Sample.Entries(1, 3));
            storage.Log.Flush();
            storage.Log.Append(null, Sample.Entries(4, 3));
            _disk.Faults.FailNextFlush = true;
            string message = Assert.Throws<StorageFailedException>(storage.Log.Flush).Message;
            Assert.Contains("Stop this process", message, StringComparison.Ordinal);
            Assert.Equal(message, Assert.Throws<StorageFailedException>(storage.Log.Flush).Message);
            Assert.Equal(message, Assert.Throws<StorageFailedException>(() => storage.Log.Append(null, [Sample.Entry(7)])).Message);
            Assert.Equal(message, Assert.Throws<StorageFailedException>(() => storage.Log.ResetTo(Sample.At(9), default)).Message);
            Assert.Equal(message, Assert.Throws<StorageFailedException>(() => storage.Log.RecordSnapshot(Sample.At(2))).Message);
            Assert.Equal(message, Assert.Throws<StorageFailedException>(() => storage.Log.DropBefore(new LogIndex(1))).Message);
            Assert.Equal(message, Assert.Throws<StorageFailedException>(storage.Log.PrepareSegment).Message);
        }

        Sample.Equal(Sample.Entries(1, 3), Sample.Recover(_disk.CloneAfterCrash(1, CrashLoss.Everything)).Entries);
    }

    [Fact]
    public void A_failed_write_is_final()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        _disk.Faults.FailNextWrite = true;
        Assert.Throws<StorageFailedException>(() => storage.Log.Append(null, [Sample.Entry(1)]));
        Assert.Throws<StorageFailedException>(storage.Log.Flush);
    }

    [Fact]
    public void A_flush_that_fails_while_a_segment_starts_is_final()
    {
        // In order: the old segment, the allocated file, its header, the directory, the seal.
        const int FlushesOfARoll = 5;
        for (int which = 1; which <= FlushesOfARoll; which++)
            FailWhileASegmentStarts(which);
    }

    private static void FailWhileASegmentStarts(int which)
    {
        var disk = new SimulatedDisk(which);
        using ReplicaStorage storage = Sample.Open(disk);
        FillSegment(storage.Log);
        storage.Log.Append(Sample.State(1), []);
        LogEntry[] large = Sample.Entries(storage.Log.LastIndex.Value + 1, 1, bytes: 3000);
        disk.Faults.FailFlushNumber = disk.Flushes + which;
        Assert.Throws<StorageFailedException>(() => storage.Log.Append(null, large));
        Assert.Throws<StorageFailedException>(storage.Log.Flush);
    }

    [Fact]
    public void On_a_full_disk_nothing_of_the_batch_is_kept_and_appends_go_on_when_there_is_room()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            _disk.CapacityBytes = _disk.UsedBytes + 1000;
            int refused = 0;
            for (int i = 1; i <= 100;)
            {
                try
                {
                    storage.Log.Append(null, [Sample.Entry(i)]);
                    storage.Log.Flush();
                    i++;
                }
                catch (DiskFullException)
                {
                    Assert.Equal(new LogIndex(i - 1), storage.Log.LastIndex);
                    refused++;
                    if (refused % 3 == 0)
                        _disk.CapacityBytes += Sample.Small.SegmentBytes;
                }
            }

            Assert.True(refused > 10);
        }

        Sample.Equal(Sample.Entries(1, 100), Sample.Recover(_disk).Entries);
    }

    [Fact]
    public void On_a_full_disk_votes_and_snapshots_are_still_recorded()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            FillSegment(storage.Log);
            LogPosition snapshot = Sample.WriteSnapshot(storage, 5);
            _disk.CapacityBytes = _disk.UsedBytes;
            Assert.Throws<DiskFullException>(() => storage.Log.Append(null, [Sample.Entry(storage.Log.LastIndex.Value + 1)]));
            storage.AdoptSnapshot(snapshot);
        }

        Assert.Equal(new LogIndex(5), Sample.Recover(_disk).Snapshot!.Index);
    }

    [Fact]
    public void A_write_that_runs_out_of_space_half_way_leaves_nothing_behind() => Seeds.Run(60, seed =>
    {
        var disk = new SimulatedDisk(seed);
        var random = new Random(seed);
        LogEntry[] expected = Sample.Entries(1, 2, bytes: 300);
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            storage.Log.Append(null, expected);
            storage.Log.Flush();
            disk.Faults.FullInNextWriteAfter = random.Next(3000);
            Assert.Throws<DiskFullException>(() => storage.Log.Append(null, Sample.Entries(3, 1, term: 1, bytes: 3000)));
            storage.Log.Append(null, Sample.Entries(3, 1, term: 2, bytes: random.Next(1500)));
            if (random.Next(2) == 0)
                storage.Log.Flush();
            disk = disk.CloneAfterCrash(seed, storage.Log.HasUnflushed ? CrashLoss.Random : CrashLoss.Everything);
            IReadOnlyList<LogEntry> found = Sample.Recover(disk).Entries;
            Sample.Equal(expected, found.Take(2));
            Assert.True(found.Count == 2 ? storage.Log.HasUnflushed : found[2].Term == new Term(2));
        }
    });

    /// <summary>Appends until only the reserve is left.</summary>
    private static void FillSegment(LogStore log)
    {
        for (int i = 0; i < 14 - 1; i++)
            log.Append(null, [Sample.Entry(log.LastIndex.Value + 1)]);
        Assert.Equal(1, log.SegmentCount);
        log.Flush();
    }
}
