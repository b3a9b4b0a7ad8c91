using System.Diagnostics;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Clients in a closed loop: each sends its next call when it has the answer to the last one. Only calls that begin and
/// end inside the measured time count.
/// </summary>
internal sealed class LoadRun(ConnectionPool pool, Workload workload, int clients, int valueBytes)
{
    /// <summary>After so many errors a client gives up: the numbers would mean nothing.</summary>
    private const int ErrorsPerClientMax = 100;

    private long _measureFrom = long.MaxValue;
    private long _measureTo = long.MaxValue;
    private volatile bool _isOver;

    private string? _firstError;

    /// <summary>The first thing that went wrong, in words.</summary>
    public string? FirstError => _firstError;

    public async Task<Result> RunAsync(TimeSpan warmUp, TimeSpan duration, int? serverProcess, CancellationToken cancellation)
    {
        await workload.PrepareAsync(pool[0], valueBytes);
        var running = Enumerable.Range(0, clients).Select(client => Task.Run(() => RunClientAsync(client), CancellationToken.None)).ToArray();
        try
        {
            await Task.Delay(warmUp, cancellation);
            var serverBefore = serverProcess is { } before ? ProcessUsage.Of(before) : default;
            var clientBefore = Environment.CpuUsage.TotalTime;
            var from = Stopwatch.GetTimestamp();
            Volatile.Write(ref _measureFrom, from);
            await Task.Delay(duration, cancellation);
            var to = Stopwatch.GetTimestamp();
            Volatile.Write(ref _measureTo, to);
            var clientAfter = Environment.CpuUsage.TotalTime;
            var serverAfter = serverProcess is { } after ? ProcessUsage.Of(after) : default;
            _isOver = true;

            var (latencies, errors) = Sum(await Task.WhenAll(running));
            return Summarize(latencies, errors, Stopwatch.GetElapsedTime(from, to)) with
            {
                ClientProcessorMicroseconds = (clientAfter - clientBefore).TotalMicroseconds / Math.Max(1, latencies.Count),
                ServerProcessorMicroseconds = serverProcess is null ? null : (serverAfter.Processor - serverBefore.Processor).TotalMicroseconds / Math.Max(1, latencies.Count),
                ServerResidentMebibytes = serverProcess is null ? null : serverAfter.ResidentMebibytes,
            };
        }
        finally
        {
            _isOver = true;
        }
    }

    private Result Summarize(LatencyHistogram latencies, long errors, TimeSpan elapsed) => new()
    {
        Workload = workload.Name,
        Clients = clients,
        Connections = pool.Count,
        Operations = latencies.Count,
        Errors = errors,
        PerSecond = latencies.Count / elapsed.TotalSeconds,
        P50 = latencies.Milliseconds(50),
        P99 = latencies.Milliseconds(99),
        P999 = latencies.Milliseconds(99.9),
        Max = latencies.MaxMilliseconds,
        Time = DateTimeOffset.UtcNow,
    };

    private static (LatencyHistogram Latencies, long Errors) Sum((LatencyHistogram Latencies, long Errors)[] parts)
    {
        var latencies = new LatencyHistogram();
        foreach (var part in parts)
        {
            latencies.Add(part.Latencies);
        }

        return (latencies, parts.Sum(part => part.Errors));
    }

    private async Task<(LatencyHistogram Latencies, long Errors)> RunClientAsync(int client)
    {
        var step = workload.Client(pool[client], client, valueBytes);
        var latencies = new LatencyHistogram();
        var errors = 0L;
        while (!_isOver && errors < ErrorsPerClientMax)
        {
            var from = Stopwatch.GetTimestamp();
            try
            {
                await step().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is GrpcException or BadAnswerException)
            {
                errors++;
                Interlocked.CompareExchange(ref _firstError, exception.Message, null);
                continue;
            }

            var to = Stopwatch.GetTimestamp();
            if (from >= Volatile.Read(ref _measureFrom) && to <= Volatile.Read(ref _measureTo))
            {
                latencies.Record(Stopwatch.GetElapsedTime(from, to));
            }
        }

        return (latencies, errors);
    }
}
