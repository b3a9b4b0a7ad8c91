using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

/// <summary>Damage to flushed records is never taken for a torn tail, and a torn tail never for damage.</summary>
public sealed class LogDamageTests
{
    private const int LastFlushedGroup = 3;

    [Fact]
    public void Any_flipped_bit_of_the_log_refuses_or_changes_nothing()
    {
        var random = new Random(5);
        SimulatedDisk original = TwoSegments(out LogEntry[] entries);
        int refused = 0;
        foreach (string segment in Sample.Segments(original))
        {
            int length = original.Contents(segment).Length;
            int used = Used(original, segment);
            foreach (int offset in Seeds.Offsets(length))
            {
                SimulatedDisk disk = original.CloneAfterKill(1);
                disk.FlipBit(segment, offset, random.Next(8));
                if (offset < used)
                {
                    StorageDamagedException error = Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
                    Assert.Equal(segment, error.Path);
                    refused++;
                }
                else
                {
                    Sample.Equal(entries, Sample.Recover(disk).Entries);
                }
            }
        }

        Assert.True(refused > 500, $"only {refused} bytes were in use");
    }

    [Fact]
    public void A_log_cut_short_anywhere_refuses_unless_the_end_of_the_records_is_seen()
    {
        SimulatedDisk original = TwoSegments(out LogEntry[] entries);
        string segment = Sample.Segments(original)[^1];
        int used = Used(original, segment);
        int length = original.Contents(segment).Length;
        foreach (int cut in Seeds.Offsets(length).Concat([used - 512, used - 1, used, used + 511, used + 512]))
        {
            SimulatedDisk disk = original.CloneAfterKill(1);
            disk.Cut(segment, cut);
            if (cut < used + 512)
            {
                Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
                continue;
            }

            StoredState recovered = Sample.Recover(disk);
            Sample.Equal(entries, recovered.Entries);
            Assert.Contains("lost unused bytes", Assert.Single(recovered.Notices), StringComparison.Ordinal);
            Assert.Empty(Sample.Recover(disk).Notices);
        }
    }

    [Fact]
    public void A_full_segment_cut_short_by_one_sector_refuses()
    {
        var disk = new SimulatedDisk(1);
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            while (storage.Log.SegmentCount == 1)
                storage.Log.Append(null, [Sample.Entry(storage.Log.LastIndex.Value + 1)]);
            storage.Log.Flush();
        }

        string first = Sample.Segments(disk)[0];
        disk.Cut(first, Used(disk, first) - 1024); // the seal is not needed, the last record is
        Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_missing_segment_refuses(int which)
    {
        var disk = new SimulatedDisk(1);
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            while (storage.Log.SegmentCount < 3)
                storage.Log.Append(null, [Sample.Entry(storage.Log.LastIndex.Value + 1)]);
            storage.Log.Flush();
        }

        disk.Lose(Sample.Segments(disk)[which]);
        StorageDamagedException error = Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
        Assert.Contains("add it again", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_log_at_all_refuses_when_there_was_one()
    {
        SimulatedDisk disk = TwoSegments(out _);
        foreach (string segment in Sample.Segments(disk))
            disk.Lose(segment);
        Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
    }

    [Fact]
    public void Swapped_segments_refuse()
    {
        SimulatedDisk disk = TwoSegments(out _);
        string[] segments = Sample.Segments(disk);
        disk.Rename(segments[0], "log/swap");
        disk.Rename(segments[1], segments[0]);
        disk.Rename("log/swap", segments[1]);
        Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
    }

    [Fact]
    public void A_sector_written_to_a_wrong_place_refuses()
    {
        SimulatedDisk original = TwoSegments(out _);
        string segment = Sample.Segments(original)[^1];
        int sectors = Used(original, segment) / 512;
        for (int from = 0; from < sectors; from++)
        {
            for (int to = 0; to < sectors + 3; to++)
            {
                if (from == to)
                    continue;
                SimulatedDisk disk = original.CloneAfterKill(1);
                disk.Misdirect(segment, from * 512, segment, to * 512, 512);
                Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
            }
        }
    }

    [Fact]
    public void A_flushed_sector_that_became_empty_refuses_when_anything_was_written_after_the_flush()
    {
        SimulatedDisk original = TwoSegments(out _);
        string segment = Sample.Segments(original)[^1];
        int known = (Used(original, segment) / 512) - LastFlushedGroup;
        for (int sector = 0; sector < known; sector++)
        {
            SimulatedDisk disk = original.CloneAfterKill(1);
            disk.Misdirect(segment, 7680, segment, sector * 512, 512);
            Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
        }
    }

    [Fact]
    public void An_unflushed_hole_is_cut_with_everything_after_it_and_said()
    {
        SimulatedDisk disk = TwoSegments(out LogEntry[] entries);
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            for (int i = 1; i <= 3; i++)
                storage.Log.Append(null, [Sample.Entry(entries.Length + i)]);
        }

        string segment = Sample.Segments(disk)[^1];
        int used = Used(disk, segment);
        disk.Misdirect(segment, 7680, segment, used - 1024, 512);
        StoredState recovered = Sample.Recover(disk);
        Sample.Equal([.. entries, Sample.Entry(entries.Length + 1)], recovered.Entries);
        string notice = Assert.Single(recovered.Notices);
        Assert.Contains($"'{segment}' at byte {used - 1024}, 1024 bytes", notice, StringComparison.Ordinal);
        Assert.Empty(Sample.Recover(disk).Notices);
    }

    [Fact]
    public void A_commit_index_past_the_end_of_the_log_refuses()
    {
        var disk = new SimulatedDisk(1);
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            storage.Log.Append(Sample.State(1, commit: 3), Sample.Entries(1, 2));
            storage.Log.Flush();
        }

        Assert.Contains("committed", Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk)).Found, StringComparison.Ordinal);
    }

    [Fact]
    public void The_segment_of_another_member_refuses()
    {
        SimulatedDisk disk = TwoSegments(out _);
        disk.Lose("member.json");
        Assert.Throws<StorageMismatchException>(() =>
            ReplicaStorage.Open(disk, Sample.Identity with { MemberId = 2 }, Sample.Small, out _));
    }

    /// <summary>The last segment is half full, and its last flush covered <see cref="LastFlushedGroup"/> sectors.</summary>
    private static SimulatedDisk TwoSegments(out LogEntry[] entries)
    {
        var disk = new SimulatedDisk(1);
        using ReplicaStorage storage = Sample.Open(disk);
        while (storage.Log.SegmentCount < 2)
            Append(storage.Log, 1);
        for (int i = 0; i < 2; i++)
        {
            storage.Log.Flush();
            Append(storage.Log, LastFlushedGroup);
        }

        storage.Log.Flush();
        entries = Sample.Entries(1, (int)storage.Log.LastIndex.Value);
        return disk;
    }

    private static void Append(LogStore log, int count)
    {
        for (int i = 0; i < count; i++)
            log.Append(null, [Sample.Entry(log.LastIndex.Value + 1)]);
    }

    /// <summary>Bytes in use, whole sectors; without the seal, which is there for the next segment's sake.</summary>
    private static int Used(SimulatedDisk disk, string segment)
    {
        byte[] bytes = disk.Contents(segment);
        int end = ((bytes.AsSpan().LastIndexOfAnyExcept((byte)0) / 512) + 1) * 512;
        bool isSealed = (bytes[end - 512 + 500] & 4) != 0;
        return isSealed ? end - 512 : end;
    }
}
