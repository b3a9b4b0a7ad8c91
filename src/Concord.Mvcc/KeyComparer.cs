namespace Concord.Mvcc;

/// <summary>Byte order.</summary>
internal sealed class KeyComparer : IComparer<byte[]>, IComparer<ReadOnlyMemory<byte>>
{
    public static readonly KeyComparer Instance = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);

    public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
}
