namespace Concord.Mvcc;

/// <summary>Builds a key space from the bytes of a snapshot, fed in pieces of any size.</summary>
public sealed class KeySpaceSnapshotReader
{
    /// <exception cref="FormatException">The bytes are not a snapshot of a known format.</exception>
    public void Feed(ReadOnlySpan<byte> data) => throw new NotImplementedException();

    /// <exception cref="FormatException">The snapshot ended too early.</exception>
    public KeySpace Complete() => throw new NotImplementedException();
}
