namespace Concord.Mvcc;

/// <summary>
/// One version of one key: what a put wrote, or the tombstone that a delete left. Immutable but for the link to the
/// version before it, which compaction cuts.
/// </summary>
public sealed class KeyVersion
{
    // Volatile because readers follow it while a trim cuts it: see TrimHorizon for the argument.
    private volatile KeyVersion? _previous;

    internal KeyVersion(byte[] data, int keyLength, long createRevision, long modRevision, int subRevision, long version, LeaseId lease, KeyVersion? previous)
    {
        Data = data;
        KeyLength = keyLength;
        CreateRevision = createRevision;
        ModRevision = modRevision;
        SubRevision = subRevision;
        Version = version;
        Lease = lease;
        _previous = previous;
    }

    public ReadOnlyMemory<byte> Key => Data.AsMemory(0, KeyLength);

    public ReadOnlyMemory<byte> Value => Data.AsMemory(KeyLength);

    public ReadOnlySpan<byte> KeySpan => Data.AsSpan(0, KeyLength);

    public ReadOnlySpan<byte> ValueSpan => Data.AsSpan(KeyLength);

    /// <summary>The revision that created the key; zero on a tombstone.</summary>
    public long CreateRevision { get; }

    public long ModRevision { get; }

    /// <summary>The order among the changes of one revision, from zero.</summary>
    public int SubRevision { get; }

    /// <summary>1 when created, one more with each put; zero on a tombstone.</summary>
    public long Version { get; }

    public LeaseId Lease { get; }

    public bool IsTombstone => Version == 0;

    /// <summary>Key and value in one array: two objects per version instead of three.</summary>
    internal byte[] Data { get; }

    internal int KeyLength { get; }

    internal KeyVersion? Previous => _previous;

    /// <summary>What this version adds to <see cref="KeySpace.SizeBytes"/>.</summary>
    internal long SizeBytes => KeySpace.VersionOverheadBytes + Data.Length;

    /// <summary>The version that was in force at a revision: this one or one before it; null if there was none.</summary>
    internal KeyVersion? AsOf(long revision)
    {
        var version = this;
        while (version is not null && version.ModRevision > revision)
        {
            version = version._previous;
        }

        return version;
    }

    internal bool IsNewerThan(KeyVersion other) =>
        ModRevision > other.ModRevision || (ModRevision == other.ModRevision && SubRevision > other.SubRevision);

    /// <summary>Whether this is a newer version of the same key.</summary>
    internal bool Continues(KeyVersion other) => KeySpan.SequenceEqual(other.KeySpan) && IsNewerThan(other);

    /// <summary>Only while a key space is put together, before anybody reads it.</summary>
    internal void LinkPrevious(KeyVersion previous) => _previous = previous;

    internal void CutPrevious() => _previous = null;
}
