using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Concord.Server.Telemetry;

/// <summary>
/// What every Prometheus client says of its process, under the names that dashboards know, and a little of the runtime. What
/// only Linux tells is left out elsewhere.
/// </summary>
internal static class ProcessInstruments
{
    private const string DescriptorDirectory = "/proc/self/fd";
    private const string LimitsFile = "/proc/self/limits";

    public static void Add(Meter meter)
    {
        var started = new DateTimeOffset(Process.GetCurrentProcess().StartTime).ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableCounter("process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time used, in user and kernel mode.");
        meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Memory in use.");
        meter.CreateObservableGauge("process_virtual_memory_bytes", VirtualBytes, "By", "Addresses in use.");
        meter.CreateObservableGauge("process_start_time_seconds", () => started, "s", "When the process started, in seconds since 1970.");
        Descriptors(meter, "process_open_fds", "Open file descriptors.", OpenDescriptors);
        Descriptors(meter, "process_max_fds", "Most file descriptors that the process may open.", MostDescriptors);
        Descriptors(meter, "os_fd_used", "Open file descriptors.", OpenDescriptors);
        Descriptors(meter, "os_fd_limit", "Most file descriptors that the process may open.", MostDescriptors);

        meter.CreateObservableGauge("dotnet_gc_heap_size_bytes", () => GC.GetGCMemoryInfo().HeapSizeBytes, "By", "Managed heap after the last collection.");
        meter.CreateObservableCounter("dotnet_gc_pause_seconds_total", () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time that collections stopped all threads.");
        meter.CreateObservableCounter(
            "dotnet_gc_collections_total",
            () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(generation => new Measurement<long>(
                GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation.ToString(CultureInfo.InvariantCulture)))),
            description: "Collections, by the oldest generation that they took in.");
        meter.CreateObservableGauge("dotnet_threadpool_threads", () => (long)ThreadPool.ThreadCount, description: "Threads of the pool.");
        meter.CreateObservableGauge("dotnet_threadpool_queue_length", () => ThreadPool.PendingWorkItemCount, description: "Work that waits for a thread of the pool.");
    }

    private static void Descriptors(Meter meter, string name, string description, Func<long?> read) => meter.CreateObservableGauge<long>(
        name, () => read() is { } value ? [new Measurement<long>(value)] : [], description: description);

    private static long VirtualBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.VirtualMemorySize64;
    }

    /// <summary>Less the one that reads the list.</summary>
    private static long? OpenDescriptors() =>
        OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries(DescriptorDirectory).LongCount() - 1 : null;

    private static long? MostDescriptors()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        const string Row = "Max open files";
        var row = File.ReadLines(LimitsFile).FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal));
        var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
