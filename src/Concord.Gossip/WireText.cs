using System.Text;

namespace Concord.Gossip;

/// <summary>Names as UTF-8. Strict: what is not Unicode would be another name at the other end.</summary>
internal static class WireText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">It holds half a surrogate pair.</exception>
    public static int Bytes(string text) => Utf8.GetByteCount(text);

    public static int Write(string text, Span<byte> destination) => Utf8.GetBytes(text, destination);

    /// <summary>Null if the bytes are not UTF-8.</summary>
    public static string? Read(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes) ? Utf8.GetString(bytes) : null;
}
