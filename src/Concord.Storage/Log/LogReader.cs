using Concord.Raft;

namespace Concord.Storage;

/// <summary>What <see cref="LogReader"/> found. Nothing was changed on the disk.</summary>
internal sealed record LogContents(
    LogReplay Replay,
    IReadOnlyList<SegmentName> Segments,
    SegmentHeader LastHeader,
    SegmentScan LastScan,
    IReadOnlyList<SegmentName> Leftovers);

/// <summary>Reads a log from its first segment to its last and checks everything that can be checked.</summary>
internal static class LogReader
{
    /// <summary>The segments, in order.</summary>
    public static List<SegmentName> List(IDisk disk)
    {
        var names = new List<SegmentName>();
        foreach (string file in disk.List(SegmentName.Directory))
        {
            if (SegmentName.TryParse(file, out SegmentName name))
                names.Add(name);
        }

        names.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return names;
    }

    /// <param name="names">From <see cref="List"/>, at least one.</param>
    /// <param name="allData">
    /// Also of entries that a snapshot covers, which the last segment's header names. They are needed only if that snapshot is
    /// not usable, and are most of the log.
    /// </param>
    public static LogContents Read(IDisk disk, MemberIdentity identity, List<SegmentName> names, bool allData)
    {
        int start = NewestRun(names);
        List<SegmentName> run = names[start..];
        List<SegmentHeader> headers = run.ConvertAll(name => ReadHeader(disk, name, identity));
        var replay = new LogReplay(headers[0], allData ? LogIndex.Zero : headers[^1].Snapshot.Index);
        for (int i = 0; i < headers.Count - 1; i++)
        {
            using IDiskFile file = disk.Open(run[i].Path, writable: false);
            SegmentScan.ReadSealed(
                file, headers[i], Sector.Salt(identity, run[i].Sequence), headers[i + 1].PreviousEnd, replay);
            CheckContinues(headers[i + 1], replay);
        }

        using IDiskFile last = disk.Open(run[^1].Path, writable: false);
        SegmentScan scan = SegmentScan.ReadLast(last, headers[^1], Sector.Salt(identity, run[^1].Sequence), replay);
        return new LogContents(replay, run, headers[^1], scan, names[..start]);
    }

    /// <summary>
    /// Where the consecutive segments begin that lead up to the newest. Older ones before a gap are what is left of a
    /// removal that a crash interrupted, or the gap is damage; whether the run reaches back to a snapshot tells which.
    /// </summary>
    private static int NewestRun(List<SegmentName> names)
    {
        int start = names.Count - 1;
        while (start > 0 && names[start - 1].Sequence == names[start].Sequence - 1)
            start--;
        if (start > 0 && names[start - 1].Sequence == names[start].Sequence)
            throw new StorageDamagedException(
                names[start].Path, 0, $"there is a second segment with this sequence number, '{names[start - 1].Path}'.");
        return start;
    }

    private static SegmentHeader ReadHeader(IDisk disk, SegmentName name, MemberIdentity identity)
    {
        using IDiskFile file = disk.Open(name.Path, writable: false);
        Span<byte> sector = stackalloc byte[Sector.Size];
        sector.Clear();
        file.Read(sector, 0);
        return SegmentHeader.Read(sector, name, identity);
    }

    private static void CheckContinues(in SegmentHeader next, LogReplay replay)
    {
        if (next.Chain != replay.Chain || next.Name.FirstIndex != replay.Last.Next ||
            next.HardState != replay.HardState || next.Snapshot != replay.Snapshot)
            throw new StorageDamagedException(
                next.Name.Path, 0, "the segment does not continue the one before it, though its number says so.");
    }
}
