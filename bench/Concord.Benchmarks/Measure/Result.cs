namespace Concord.Benchmarks.Measure;

/// <summary>
/// One measurement, one line of a results file. Numbers that do not apply are null. Latencies are in milliseconds, memory
/// in mebibytes, processor times in microseconds per operation.
/// </summary>
internal sealed record Result
{
    /// <summary>Whose: the server's name, so that results of several can be compared.</summary>
    public string Label { get; init; } = "";

    /// <summary>What was measured; equal workloads of different labels are compared.</summary>
    public required string Workload { get; init; }

    public int? Clients { get; init; }

    public int? Connections { get; init; }

    public long? Operations { get; init; }

    /// <summary>Calls that failed or answered something wrong.</summary>
    public long Errors { get; init; }

    public double? PerSecond { get; init; }

    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public double? P999 { get; init; }

    public double? Max { get; init; }

    public double? ServerProcessorMicroseconds { get; init; }

    public double? ClientProcessorMicroseconds { get; init; }

    public double? ServerResidentMebibytes { get; init; }

    /// <summary>A single duration, for starts.</summary>
    public double? Milliseconds { get; init; }

    /// <summary>Share of one processor, for an idle server.</summary>
    public double? ProcessorPercent { get; init; }

    public DateTimeOffset Time { get; init; }
}
