using System.Globalization;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>"&lt;sequence&gt;-&lt;first index&gt;.log", both 16 hexadecimal digits, so that names sort as segments do.</summary>
internal readonly record struct SegmentName(long Sequence, LogIndex FirstIndex)
{
    public const string Directory = "log";
    public const string TemporarySuffix = ".tmp";
    public const string SparePath = $"{Directory}/spare{TemporarySuffix}";

    private const string Suffix = ".log";
    private const int Digits = 16;

    public string Path => $"{Directory}/{Sequence:x16}-{FirstIndex.Value:x16}{Suffix}";

    public static bool TryParse(string name, out SegmentName result)
    {
        result = default;
        if (name.Length != (2 * Digits) + 1 + Suffix.Length || name[Digits] != '-' ||
            !name.EndsWith(Suffix, StringComparison.Ordinal) ||
            !TryParseNumber(name.AsSpan(0, Digits), out long sequence) ||
            !TryParseNumber(name.AsSpan(Digits + 1, Digits), out long first))
            return false;
        result = new SegmentName(sequence, new LogIndex(first));
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> digits, out long value) =>
        long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value > 0;
}
