using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// A snapshot outside a data directory: a copy of a cluster's state to keep elsewhere. The format is that of the snapshots
/// inside, so the header says which cluster it is of and who its members were.
/// </summary>
public static class SnapshotFile
{
    /// <summary>
    /// Starts a copy under "<paramref name="name"/>.tmp"; it takes its name, and the place of what had it, with
    /// <see cref="SnapshotWriter.Commit"/>.
    /// </summary>
    /// <param name="disk">The directory of the file.</param>
    /// <param name="writer">The member whose state it is.</param>
    public static SnapshotWriter Create(IDisk disk, string name, SnapshotMetadata metadata, MemberIdentity writer)
    {
        string temporary = name + SnapshotName.TemporarySuffix;
        if (disk.Exists(temporary))
            disk.Delete(temporary);
        return new SnapshotWriter(disk, "", temporary, name, metadata, writer);
    }

    /// <summary>Opens a copy of any cluster's state.</summary>
    /// <exception cref="StorageDamagedException">It is no snapshot, or damaged.</exception>
    public static SnapshotReader Open(IDisk disk, string name) => new(disk.Open(name, writable: false), expected: null, identity: null);
}
