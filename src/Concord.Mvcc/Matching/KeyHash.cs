using System.Diagnostics.CodeAnalysis;

namespace Concord.Mvcc.Matching;

/// <summary>Hashes keys for dictionaries, by multiplication and folding of eight bytes at a time.</summary>
internal sealed class KeyHash(ulong seed) : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    /// <summary>The digits of the golden ratio: odd, with bits in no pattern.</summary>
    private const ulong Multiplier = 0x9e3779b97f4a7c15;

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = seed ^ (ulong)alternate.Length;
        for (var offset = 0; offset < alternate.Length; offset += sizeof(ulong))
        {
            var high = Math.BigMul(hash ^ Tree.KeyBytes.Slice(alternate, offset), Multiplier, out var low);
            hash = high ^ low ^ seed;
        }

        return (int)(hash ^ (hash >> 32));
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
