namespace Concord.Mvcc.Snapshots;

/// <summary>
/// The bytes of a snapshot, in order; numbers are varints, lease numbers folded:
/// <code>
/// format version (one byte), revision, compacted revision, number of leases
/// users and roles:            length, bytes (see AuthStateCodec); only in format 2
/// per lease, by number:       lease, granted TTL in seconds
/// per key, in key order:      tag 1, key length, number of versions, key
///   per version, oldest first: mod revision, sub-revision, create revision, version, lease, value length, value
/// end:                        tag 0, number of all versions, the hash of all (see VersionHash)
/// </code>
/// Key order lets the reader build the tree bottom-up; the change log is then one sort of the versions by revision,
/// which is numbers only. Which keys are attached to a lease is in the newest version of each key. Versions that
/// compaction allows to forget are left out, trimmed or not. Format 2 is written only where there ever was a user: other
/// snapshots stay readable by versions that know format 1 only.
/// </summary>
internal static class SnapshotFormat
{
    public const byte WithoutUsers = 1;

    public const byte WithUsers = 2;

    public const byte KeyTag = 1;

    public const byte EndTag = 0;

    /// <summary>No run of numbers between two byte strings is longer: six numbers of ten bytes and a tag.</summary>
    public const int NumbersBytesMax = 64;
}
