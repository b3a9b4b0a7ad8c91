namespace Concord.Client.Balancing;

/// <summary>
/// A hash that is the same in every process and on every machine, so that all callers send a key to the same instance:
/// FNV-1a over UTF-16 code units, finished as SplitMix64 does (Steele, Lea, Flood 2014) because FNV alone leaves the upper bits of short texts poor.
/// It spreads; it keeps nobody from finding keys that collide.
/// </summary>
public static class StableHash
{
    internal const ulong Golden = 0x9E3779B97F4A7C15;

    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 14695981039346656037;
        foreach (var unit in text)
        {
            hash = (hash ^ (byte)unit) * 1099511628211;
            hash = (hash ^ (byte)(unit >> 8)) * 1099511628211;
        }

        return Mix(hash);
    }

    /// <summary>Every bit of the result depends on every bit of the value.</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A hash as an index below <paramref name="count"/>: the upper bits decide, without a division.</summary>
    internal static int Index(ulong hash, int count) => (int)(((hash >> 32) * (ulong)count) >> 32);
}
