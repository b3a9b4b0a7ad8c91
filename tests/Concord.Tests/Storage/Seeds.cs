namespace Concord.Tests.Storage;

/// <summary>Runs a test for many seeds and names the seed that failed. CONCORD_LONG=1 runs fifty times as many.</summary>
internal static class Seeds
{
    private const int LongFactor = 50;

    public static void Run(int count, Action<int> test)
    {
        if (Environment.GetEnvironmentVariable("CONCORD_LONG") == "1")
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
