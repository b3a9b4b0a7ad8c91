namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// The pairs of a bucket in ascending order of their keys, one at a time. Sizes are asked for before bytes, and often
/// without them: a writer passes over everything once to learn how long the file will be.
/// </summary>
public abstract class BoltPairs
{
    public abstract int KeyLength { get; }

    public abstract int ValueLength { get; }

    /// <summary>Goes to the next pair; false at the end.</summary>
    public abstract bool MoveNext();

    /// <param name="destination">Exactly <see cref="KeyLength"/> bytes.</param>
    public abstract void CopyKey(Span<byte> destination);

    /// <param name="destination">Exactly <see cref="ValueLength"/> bytes.</param>
    public abstract void CopyValue(Span<byte> destination);
}
