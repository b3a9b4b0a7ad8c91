using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;

namespace Concord.Client.Kv;

/// <summary>
/// The bytes of a key or a value. A string stands for its UTF-8 bytes; the array behind it must not change while it is
/// in use.
/// </summary>
public readonly struct KvBytes(ReadOnlyMemory<byte> memory) : IEquatable<KvBytes>, IComparable<KvBytes>
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public ReadOnlyMemory<byte> Memory { get; } = memory;

    public ReadOnlySpan<byte> Span => Memory.Span;

    public int Length => Memory.Length;

    public bool IsEmpty => Memory.IsEmpty;

    public static implicit operator KvBytes(string text) => FromString(text);

    public static implicit operator KvBytes(byte[] bytes) => FromArray(bytes);

    public static bool operator ==(KvBytes left, KvBytes right) => left.Equals(right);

    public static bool operator !=(KvBytes left, KvBytes right) => !left.Equals(right);

    public static KvBytes FromString(string text) => new(Encoding.UTF8.GetBytes(text));

    public static KvBytes FromArray(byte[] bytes) => new(bytes);

    /// <summary>The bytes as text, if they are UTF-8.</summary>
    public bool TryGetText([NotNullWhen(true)] out string? text)
    {
        try
        {
            text = StrictUtf8.GetString(Span);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = null;
            return false;
        }
    }

    public bool StartsWith(KvBytes prefix) => Span.StartsWith(prefix.Span);

    /// <summary>Byte order, as the store sorts.</summary>
    public int CompareTo(KvBytes other) => Span.SequenceCompareTo(other.Span);

    public bool Equals(KvBytes other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is KvBytes other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The bytes as text; what is not UTF-8 shows as U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    internal ByteString ToByteString() => UnsafeByteOperations.UnsafeWrap(Memory);

    internal static KvBytes From(ByteString bytes) => new(bytes.Memory);
}
