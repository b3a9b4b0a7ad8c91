namespace Concord.Mvcc;

/// <summary>
/// The versions of a key that belong to the state of a key space compacted at C, whether or not a trim has dropped the
/// others yet: every change at or above C, and the version below C that is in force at C unless it is a tombstone.
/// Hashes and snapshots see a key through this, so that they do not depend on how far a replica has trimmed.
/// </summary>
internal static class History
{
    /// <summary>Appends the versions, newest first.</summary>
    public static void Collect(KeyVersion newest, long compactedRevision, List<KeyVersion> versions)
    {
        var changedAtCompaction = false;
        for (var version = newest; version is not null; version = version.Previous)
        {
            if (version.ModRevision < compactedRevision)
            {
                if (!changedAtCompaction && !version.IsTombstone)
                {
                    versions.Add(version);
                }

                return;
            }

            changedAtCompaction |= version.ModRevision == compactedRevision;
            versions.Add(version);
        }
    }

    /// <summary>The version from before the compaction that belongs to the state, or null.</summary>
    public static KeyVersion? InForceFromBefore(KeyVersion newest, long compactedRevision)
    {
        var version = newest;
        while (version is not null && version.ModRevision > compactedRevision)
        {
            version = version.Previous;
        }

        return version is { IsTombstone: false } && version.ModRevision < compactedRevision ? version : null;
    }
}
