namespace Concord.IntegrationTests.Faults;

/// <summary>Changes what a member that does not run has on its disk.</summary>
internal static class Damage
{
    /// <summary>One bit in the middle of what the log holds.</summary>
    public static void FlipInLog(string data)
    {
        var log = Directory.GetFiles(Path.Combine(data, "log"), "*.log").MaxBy(UsedBytes)!;
        using var file = File.OpenHandle(log, FileMode.Open, FileAccess.ReadWrite);
        var one = new byte[1];
        var middle = UsedBytes(log) / 2;
        RandomAccess.Read(file, one, middle);
        one[0] ^= 0x10;
        RandomAccess.Write(file, one, middle);
    }

    /// <summary>Segments are preallocated: what follows the last record is zeros.</summary>
    private static int UsedBytes(string file) => File.ReadAllBytes(file).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
}
