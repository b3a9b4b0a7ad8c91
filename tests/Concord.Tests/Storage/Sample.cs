using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

/// <summary>Small values that the storage tests share.</summary>
internal static class Sample
{
    public static readonly MemberIdentity Identity = new(0xC1, 0xA1, "one");

    /// <summary>Segments of 16 sectors, one of which is kept for urgent records, so that a few entries fill one.</summary>
    public static readonly StorageOptions Small = new() { SegmentBytes = 8192 };

    public static LogEntry Entry(long index, long term = 1, int bytes = 100) =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, Bytes(bytes, (int)(index * 31) + (int)term));

    public static LogEntry[] Entries(long first, int count, long term = 1, int bytes = 100) =>
        [.. Enumerable.Range(0, count).Select(i => Entry(first + i, term, bytes))];

    public static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static HardState State(long term, ulong vote = 0, long commit = 0) =>
        new(new Term(term), new MemberId(vote), new LogIndex(commit));

    public static LogPosition At(long index, long term = 1) => new(new LogIndex(index), new Term(term));

    public static SnapshotMetadata Metadata(long index, long term = 1) =>
        new(new LogIndex(index), new Term(term), Membership.Of(new MemberId(0xA1), new MemberId(0xA2)));

    public static ReplicaStorage Open(SimulatedDisk disk, out StoredState recovered) =>
        ReplicaStorage.Open(disk, Identity, Small, out recovered);

    public static ReplicaStorage Open(SimulatedDisk disk) => Open(disk, out _);

    /// <summary>Opens, looks and closes.</summary>
    public static StoredState Recover(SimulatedDisk disk)
    {
        using ReplicaStorage storage = Open(disk, out StoredState recovered);
        return recovered;
    }

    public static LogPosition WriteSnapshot(ReplicaStorage storage, long index, long term = 1, int bytes = 1000)
    {
        using SnapshotWriter writer = storage.Snapshots.Create(Metadata(index, term));
        writer.Write(SnapshotBody(index, bytes));
        return writer.Commit();
    }

    public static byte[] SnapshotBody(long index, int bytes = 1000) => Bytes(bytes, (int)index);

    public static byte[] ReadSnapshot(ReplicaStorage storage, LogPosition position)
    {
        using SnapshotReader reader = storage.Snapshots.Open(position);
        var body = new MemoryStream();
        while (reader.TryReadChunk(out ReadOnlyMemory<byte> chunk))
            body.Write(chunk.Span);
        return body.ToArray();
    }

    public static void Equal(IEnumerable<LogEntry> expected, IEnumerable<LogEntry> actual) =>
        Assert.Equal(expected.Select(Describe), actual.Select(Describe));

    public static string Describe(LogEntry entry) =>
        $"{entry.Index}/{entry.Term}/{entry.Kind}/{Convert.ToHexString(entry.Data.Span)}";

    public static string[] Segments(SimulatedDisk disk) =>
        [.. disk.List("log").Where(name => name.EndsWith(".log", StringComparison.Ordinal)).Select(name => $"log/{name}")];
}
