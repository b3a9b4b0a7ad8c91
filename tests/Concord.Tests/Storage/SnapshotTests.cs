using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

public sealed class SnapshotTests
{
    private readonly SimulatedDisk _disk = new(seed: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256 << 10)]
    [InlineData(1_000_000)]
    public void A_snapshot_comes_back_with_its_membership(int bytes)
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        var membership = new Membership([new(1), new(2)], [new(1), new(3)], [new(4)], [new(3)], AutoLeave: true) { Context = "who is where"u8.ToArray() };
        byte[] body = Sample.Bytes(bytes, 3);
        LogPosition position;
        using (SnapshotWriter writer = storage.Snapshots.Create(new SnapshotMetadata(new(7), new(2), membership)))
        {
            for (int at = 0; at < bytes; at += 33_333)
                writer.Write(body.AsSpan(at, Math.Min(33_333, bytes - at)));
            Assert.Equal(Crc32C.Compute(body), writer.BodyChecksum);
            position = writer.Commit();
        }

        Assert.Equal(Sample.At(7, 2), position);
        Assert.Equal(body, Sample.ReadSnapshot(storage, position));
        using SnapshotReader reader = storage.Snapshots.Open(position);
        Membership read = reader.Metadata.Membership;
        Assert.Equal(membership.Voters, read.Voters);
        Assert.Equal(membership.OutgoingVoters, read.OutgoingVoters);
        Assert.Equal(membership.Learners, read.Learners);
        Assert.Equal(membership.NextLearners, read.NextLearners);
        Assert.Equal("who is where"u8.ToArray(), read.Context.ToArray());
        Assert.True(read.AutoLeave);
    }

    [Fact]
    public void A_writer_that_is_not_committed_leaves_nothing()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        using (SnapshotWriter writer = storage.Snapshots.Create(Sample.Metadata(5)))
            writer.Write(new byte[300_000]);
        Assert.Empty(_disk.List("snapshots"));
    }

    [Fact]
    public void A_full_disk_fails_the_snapshot_only()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        storage.Log.Append(null, Sample.Entries(1, 5));
        storage.Log.Flush();
        _disk.CapacityBytes = _disk.UsedBytes + 10_000;
        Assert.Throws<DiskFullException>(() => Sample.WriteSnapshot(storage, 3, bytes: 20_000));
        Assert.Empty(_disk.List("snapshots"));
        storage.Log.Append(null, [Sample.Entry(6)]);
        storage.Log.Flush();
    }

    [Fact]
    public void An_installed_snapshot_replaces_the_log()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(Sample.State(1), Sample.Entries(1, 40));
            storage.InstallSnapshot(Sample.WriteSnapshot(storage, 1000, term: 4), Sample.State(4, commit: 1000));
            Assert.Equal(new LogIndex(1000), storage.Log.LastIndex);
            storage.Log.Append(null, Sample.Entries(1001, 3, term: 4));
            storage.Log.Flush();
        }

        StoredState recovered = Sample.Recover(_disk);
        Assert.Equal(new LogIndex(1000), recovered.Snapshot!.Index);
        Assert.Equal(Sample.State(4, commit: 1000), recovered.HardState);
        Sample.Equal(Sample.Entries(1001, 3, term: 4), recovered.Entries);
    }

    [Fact]
    public void A_local_snapshot_that_was_overtaken_is_not_adopted()
    {
        using ReplicaStorage storage = Sample.Open(_disk);
        storage.Log.Append(null, Sample.Entries(1, 40));
        LogPosition local = Sample.WriteSnapshot(storage, 30);
        storage.InstallSnapshot(Sample.WriteSnapshot(storage, 1000), Sample.State(1, commit: 1000));
        storage.AdoptSnapshot(local);
        Assert.Equal(Sample.At(1000), storage.Log.Snapshot);
    }

    [Fact]
    public void Any_flipped_bit_of_the_newest_snapshot_falls_back_to_the_one_before()
    {
        var random = new Random(3);
        SimulatedDisk original = TwoSnapshots();
        string newest = "snapshots/" + original.List("snapshots")[^1];
        int length = original.Contents(newest).Length;
        foreach (int offset in Seeds.Offsets(length))
        {
            SimulatedDisk disk = original.CloneAfterKill(1);
            disk.FlipBit(newest, offset, random.Next(8));
            using ReplicaStorage storage = Sample.Open(disk, out StoredState recovered);
            Assert.Equal(new LogIndex(20), recovered.Snapshot!.Index);
            Sample.Equal(Sample.Entries(21, 80), recovered.Entries);
            Assert.Contains(recovered.Notices, notice => notice.Contains(newest + ".damaged", StringComparison.Ordinal));
            Assert.Equal(Sample.SnapshotBody(20), Sample.ReadSnapshot(storage, Sample.At(20)));
        }
    }

    [Fact]
    public void A_fallback_is_remembered_and_the_next_snapshot_is_taken_from_there()
    {
        SimulatedDisk disk = TwoSnapshots();
        disk.Cut("snapshots/" + disk.List("snapshots")[^1], 100);
        using (ReplicaStorage storage = Sample.Open(disk, out StoredState recovered))
        {
            Assert.Equal(2, recovered.Notices.Count);
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 40));
        }

        StoredState again = Sample.Recover(disk);
        Assert.Equal(new LogIndex(40), again.Snapshot!.Index);
        Assert.Empty(again.Notices);
    }

    [Fact]
    public void Without_any_good_snapshot_the_start_is_refused()
    {
        SimulatedDisk disk = TwoSnapshots();
        foreach (string name in disk.List("snapshots"))
            disk.FlipBit("snapshots/" + name, 300, 1);
        Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
        foreach (string name in disk.List("snapshots"))
            disk.Lose("snapshots/" + name);
        Assert.Contains("missing", Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk)).Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_installed_snapshot_has_nothing_to_fall_back_to()
    {
        SimulatedDisk disk = TwoSnapshots();
        using (ReplicaStorage storage = Sample.Open(disk))
            storage.InstallSnapshot(Sample.WriteSnapshot(storage, 1000), Sample.State(1, commit: 1000));
        disk.FlipBit("snapshots/" + disk.List("snapshots")[^1], 300, 1);
        Assert.Throws<StorageDamagedException>(() => Sample.Recover(disk));
    }

    [Fact]
    public void The_fallback_can_be_given_up_for_room()
    {
        SimulatedDisk disk = TwoSnapshots();
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            long used = disk.UsedBytes;
            Assert.True(storage.RemoveFallback() >= 2);
            Assert.True(disk.UsedBytes < used - Sample.Small.SegmentBytes);
            Assert.Equal([Sample.At(60)], storage.Snapshots.List());
        }

        Sample.Equal(Sample.Entries(61, 40), Sample.Recover(disk).Entries);
    }

    [Fact]
    public void A_received_snapshot_that_was_not_adopted_is_removed()
    {
        SimulatedDisk disk = TwoSnapshots();
        using (ReplicaStorage storage = Sample.Open(disk))
            Sample.WriteSnapshot(storage, 5000, term: 9);
        StoredState recovered = Sample.Recover(disk);
        Assert.Equal(new LogIndex(60), recovered.Snapshot!.Index);
        Assert.Contains("not yet adopted", Assert.Single(recovered.Notices), StringComparison.Ordinal);
        Assert.Equal(2, disk.List("snapshots").Count);
    }

    [Fact]
    public void Entries_keep_their_data_when_the_only_snapshot_file_is_not_adopted()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(null, Sample.Entries(1, 5));
            storage.Log.Flush();
            Sample.WriteSnapshot(storage, 5000, term: 9);
        }

        Sample.Equal(Sample.Entries(1, 5), Sample.Recover(_disk).Entries);
    }

    /// <summary>A log of a hundred entries with snapshots at 20 and 60.</summary>
    private static SimulatedDisk TwoSnapshots()
    {
        var disk = new SimulatedDisk(1);
        using ReplicaStorage storage = Sample.Open(disk);
        for (int i = 1; i <= 100; i++)
            storage.Log.Append(null, [Sample.Entry(i)]);
        storage.Log.Flush();
        storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 20));
        storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 60));
        return disk;
    }
}
