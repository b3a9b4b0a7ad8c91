namespace Concord.Tests.Storage;

/// <summary>How much is tried. CONCORD_LONG=1 tries much more.</summary>
internal static class Seeds
{
    private const int LongFactor = 50;

    private static bool IsLong => Environment.GetEnvironmentVariable("CONCORD_LONG") == "1";

    /// <summary>Every offset with CONCORD_LONG=1, else every seventh, which is every place in a sector after seven of them.</summary>
    public static IEnumerable<int> Offsets(int length)
    {
        for (int offset = 0; offset < length; offset += IsLong ? 1 : 7)
            yield return offset;
    }

    /// <summary>Runs a test for many seeds and names the seed that failed.</summary>
    public static void Run(int count, Action<int> test)
    {
        if (IsLong)
            count *= LongFactor;
        for (int seed = 1; seed <= count; seed++)
        {
            try
            {
                test(seed);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {error.Message}", error);
            }
        }
    }
}
