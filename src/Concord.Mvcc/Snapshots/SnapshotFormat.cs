namespace Concord.Mvcc.Snapshots;

/// <summary>
/// The bytes of a snapshot, in order; numbers are varints, lease numbers folded:
/// <code>
/// format version (one byte), revision, compacted revision, number of leases
/// users and roles:            length, bytes (see AuthStateCodec); only in the format with users
/// per lease, by number:       lease, granted TTL in seconds
/// per block:                  tag 1, length in bytes, versions in key order, those of one key oldest first:
///   start of the version:     what follows (see VersionStart, one byte); if not Same: key length, key
///   the version:              mod revision, sub-revision, create revision, version, lease, value length, value
/// end:                        tag 0, number of all versions, the hash of all (see VersionHash)
/// </code>
/// A block can be read without the ones before it, so several are read at once; the history of one key may go on in the
/// next, so none is much longer than <see cref="BlockBytes"/>. Key order lets the reader build the tree bottom-up; the
/// change log is then one sort of the versions by revision, which is numbers only. Which keys are attached to a lease is in
/// the newest version of each key. Versions that compaction allows to forget are left out, trimmed or not. The
/// format with users is written only where there ever was one: other snapshots stay readable by versions without users.
/// </summary>
internal static class SnapshotFormat
{
    public const byte WithoutUsers = 2;

    public const byte WithUsers = 3;

    public const byte BlockTag = 1;

    public const byte EndTag = 0;

    /// <summary>
    /// A block ends with the version that reaches this size: small enough that its buffer is no large object for the garbage
    /// collector, large enough that handing it to another thread costs nothing beside reading it.
    /// </summary>
    public const int BlockBytes = 64 << 10;

    /// <summary>No run of numbers between two byte strings is longer: six numbers of ten bytes and a tag.</summary>
    public const int NumbersBytesMax = 64;
}
