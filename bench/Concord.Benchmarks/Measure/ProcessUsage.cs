using System.Globalization;

namespace Concord.Benchmarks.Measure;

/// <summary>What the system says of a process, on Linux (proc(5)).</summary>
internal readonly record struct ProcessUsage(TimeSpan Processor, double ResidentMebibytes)
{
    /// <summary>The unit of processor time in /proc on every Linux of today (sysconf _SC_CLK_TCK).</summary>
    private const double TicksPerSecond = 100;

    private const double KibibytesPerMebibyte = 1024;

    /// <exception cref="InvalidOperationException">There is no such process.</exception>
    public static ProcessUsage Of(int processId)
    {
        try
        {
            // The name in parentheses may hold anything; the numbers start after it with the state, field 3.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = Number(fields[11]) + Number(fields[12]);
            var resident = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            var kibibytes = Number(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
            return new(TimeSpan.FromSeconds(ticks / TicksPerSecond), kibibytes / KibibytesPerMebibyte);
        }
        catch (IOException exception)
        {
            throw new InvalidOperationException($"There is no process {processId} to measure (--server-pid).", exception);
        }
    }

    private static long Number(string text) => long.Parse(text.AsSpan().Trim(), CultureInfo.InvariantCulture);
}
