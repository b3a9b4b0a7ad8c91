using System.Globalization;

namespace Concord.Storage;

/// <summary>"&lt;index&gt;-&lt;term&gt;.snapshot", both 16 hexadecimal digits.</summary>
internal static class SnapshotName
{
    public const string Directory = "snapshots";
    public const string TemporarySuffix = ".tmp";

    private const string Suffix = ".snapshot";
    private const int Digits = 16;

    public static string Path(LogPosition position) =>
        $"{Directory}/{position.Index.Value:x16}-{position.Term.Value:x16}{Suffix}";

    public static bool TryParse(string name, out LogPosition position)
    {
        position = default;
        if (name.Length != (2 * Digits) + 1 + Suffix.Length || name[Digits] != '-' ||
            !name.EndsWith(Suffix, StringComparison.Ordinal) ||
            !long.TryParse(name.AsSpan(0, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long index) ||
            !long.TryParse(name.AsSpan(Digits + 1, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long term))
            return false;
        position = new LogPosition(new(index), new(term));
        return true;
    }
}
