using Concord.Storage;

namespace Concord.Tests.Storage;

/// <summary>The same storage on the real file system.</summary>
public sealed class FileDiskTests : IDisposable
{
    private static readonly StorageOptions Options = new() { SegmentBytes = 1 << 20 };

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"concord-storage-{Guid.NewGuid():n}");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Entries_snapshots_and_segments_come_back()
    {
        var disk = new FileDisk(Path.Combine(_root, "a", "b"));
        for (int round = 0; round < 3; round++)
        {
            using ReplicaStorage storage = ReplicaStorage.Open(disk, Sample.Identity, Options, out StoredState recovered);
            Assert.Empty(recovered.Notices);
            Assert.Equal(round * 600, storage.Log.LastIndex.Value);
            Sample.Equal(
                round == 0 ? [] : Sample.Entries((round * 600) - 9, 10, bytes: 1000),
                recovered.Entries);
            storage.Log.Append(Sample.State(round + 1), Sample.Entries((round * 600) + 1, 600, bytes: 1000));
            storage.Log.Flush();
            if (storage.Log.NeedsSegment)
                storage.Log.PrepareSegment();
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, storage.Log.LastIndex.Value - 10, bytes: 400_000));
        }

        Assert.Equal(2, disk.List("snapshots").Count);
        Assert.InRange(disk.FreeBytes, 1, long.MaxValue);
    }

    [Fact]
    public void Segments_have_their_size_from_the_start()
    {
        var disk = new FileDisk(_root);
        ReplicaStorage.Open(disk, Sample.Identity, Options, out _).Dispose();
        Assert.Equal(1 << 20, new FileInfo(Path.Combine(_root, "log", disk.List("log")[0])).Length);
    }

    [Fact]
    public void A_second_owner_is_refused_with_the_remedy()
    {
        var disk = new FileDisk(_root);
        using (ReplicaStorage.Open(disk, Sample.Identity, Options, out _))
        {
            DiskInUseException error = Assert.Throws<DiskInUseException>(() =>
                ReplicaStorage.Open(new FileDisk(_root), Sample.Identity, Options, out _));
            Assert.Contains(_root, error.Message, StringComparison.Ordinal);
            Assert.Contains("Stop that process", error.Message, StringComparison.Ordinal);
        }

        ReplicaStorage.Open(disk, Sample.Identity, Options, out _).Dispose();
    }

    [Fact]
    public void Another_member_is_refused()
    {
        var disk = new FileDisk(_root);
        ReplicaStorage.Open(disk, Sample.Identity, Options, out _).Dispose();
        Assert.Throws<StorageMismatchException>(() =>
            ReplicaStorage.Open(disk, Sample.Identity with { MemberId = 9 }, Options, out _));
        Assert.Equal(Sample.Identity, MemberFile.TryRead(disk));
    }

    [Fact]
    public void Errors_name_the_operation_and_the_file()
    {
        var disk = new FileDisk(_root);
        string message = Assert.Throws<DiskException>(() => disk.Open("nothing", writable: false)).Message;
        Assert.Contains("open", message, StringComparison.Ordinal);
        Assert.Contains("nothing", message, StringComparison.Ordinal);
        Assert.Throws<DiskException>(() => disk.FlushDirectory("nothing"));
        using IDiskFile file = disk.Create("there");
        Assert.Throws<DiskException>(() => disk.Create("there"));
    }

    [Fact]
    public void No_room_is_told_apart_from_other_errors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/dev/full"), "needs a device that is always full");
        Directory.CreateDirectory(_root);
        File.CreateSymbolicLink(Path.Combine(_root, "full"), "/dev/full");
        using IDiskFile file = new FileDisk(_root).Open("full", writable: true);
        Assert.Throws<DiskFullException>(() => file.Write(new byte[1], 0));
    }
}
