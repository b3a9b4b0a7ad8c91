using System.Text;

namespace Concord.Server.Configs.Documents;

/// <summary>
/// Keys as text: segments joined by <c>:</c>, equal without regard to case, ordered by their UTF-8 bytes.
/// </summary>
public static class KeyText
{
    public const char Separator = ':';

    public static StringComparer Identity => StringComparer.OrdinalIgnoreCase;

    public static IComparer<string> ByteOrder { get; } = Comparer<string>.Create(CompareBytes);

    public static string Join(string parent, string name) => parent.Length == 0 ? name : parent + Separator + name;

    /// <summary>The <c>:</c> form of a key that a person may have typed with dots; a key with a ':' keeps its dots.</summary>
    public static string Normalise(string key) =>
        key.Contains(Separator, StringComparison.Ordinal) ? key : key.Replace('.', Separator);

    /// <summary>True for the key itself and those in the group that it names.</summary>
    public static bool IsAtOrBelow(string key, string group) => key.StartsWith(group, StringComparison.OrdinalIgnoreCase)
        && (key.Length == group.Length || key[group.Length] == Separator);

    /// <summary>
    /// UTF-16 code units sort surrogates (U+10000 and up) below U+E000, UTF-8 bytes above; only the first difference
    /// matters.
    /// </summary>
    private static int CompareBytes(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
        {
            return a.Length - b.Length;
        }

        var (x, y) = (a[common], b[common]);
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x - y : char.IsSurrogate(x) ? (y >= 0xE000 ? 1 : x - y) : (x >= 0xE000 ? -1 : x - y);
    }

    /// <summary>The number of UTF-8 bytes, for limits.</summary>
    public static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);
}
