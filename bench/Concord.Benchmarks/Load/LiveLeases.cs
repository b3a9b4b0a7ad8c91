using System.Diagnostics;
using System.Net;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Many leases that live for a while: each is renewed when a third of its time is over, as clients do. A lease that is gone when its
/// turn comes has been missed.
/// </summary>
internal sealed class LiveLeases(DnsEndPoint endpoint, int leases, long ttlSeconds, int streams)
{
    private const int Connections = 8;

    public async Task<Result> RunAsync(TimeSpan duration, int? serverProcess, CancellationToken cancellation)
    {
        await using var pool = await ConnectionPool.OpenAsync(endpoint, Math.Min(Connections, streams), cancellation);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var allGranted = new CountdownEvent(streams);
        var running = Enumerable.Range(0, streams).Select(stream => Task.Run(() => KeepAsync(pool[stream], stream, allGranted, over.Token), CancellationToken.None)).ToArray();
        var granting = Task.Run(() => allGranted.Wait(cancellation), cancellation);
        await await Task.WhenAny([granting, .. running]);

        var before = serverProcess is { } process ? ProcessUsage.Of(process) : default;
        var from = Stopwatch.GetTimestamp();
        await await Task.WhenAny([Task.Delay(duration, cancellation), .. running]);
        var elapsed = Stopwatch.GetElapsedTime(from);
        var after = serverProcess is { } same ? ProcessUsage.Of(same) : default;
        await over.CancelAsync();
        var latencies = new LatencyHistogram();
        foreach (var lane in await Task.WhenAll(running))
        {
            latencies.Add(lane);
        }

        return new Result
        {
            Workload = $"live-leases-{leases}",
            Clients = streams,
            Connections = pool.Count,
            Operations = latencies.Count,
            PerSecond = latencies.Count / elapsed.TotalSeconds,
            P50 = latencies.Milliseconds(50),
            P99 = latencies.Milliseconds(99),
            Max = latencies.MaxMilliseconds,
            ServerProcessorMicroseconds = serverProcess is null ? null : (after.Processor - before.Processor).TotalMicroseconds / Math.Max(1, latencies.Count),
            ServerResidentMebibytes = serverProcess is null ? null : after.ResidentMebibytes,
            ProcessorPercent = serverProcess is null ? null : 100 * (after.Processor - before.Processor) / elapsed,
            Time = DateTimeOffset.UtcNow,
        };
    }

    /// <summary>A share of the leases, one after the other, round and round, over one stream.</summary>
    private async Task<LatencyHistogram> KeepAsync(Http2Connection connection, int stream, CountdownEvent allGranted, CancellationToken over)
    {
        var share = (leases / streams) + (stream < leases % streams ? 1 : 0);
        var call = new UnaryCall<LeaseGrantResponse>(connection, EtcdMethods.LeaseGrant, LeaseGrantResponse.Parser);
        var renewals = new LeaseStream(connection);
        var granted = new List<long>(share);
        var dues = new Queue<(long Lease, long Due)>(share);
        var interval = Stopwatch.Frequency * ttlSeconds / 3;
        var latencies = new LatencyHistogram();
        while (!over.IsCancellationRequested)
        {
            // While leases are still granted, those that are there must not end.
            if (dues.TryPeek(out var next) && next.Due <= Stopwatch.GetTimestamp())
            {
                dues.Dequeue();
                var from = Stopwatch.GetTimestamp();
                var response = await renewals.KeepAliveAsync(next.Lease);
                if (response.ID != next.Lease || response.TTL != ttlSeconds)
                {
                    throw new BadAnswerException($"lease {next.Lease} was renewed in time, and the answer is lease {response.ID} with {response.TTL} s");
                }

                if (allGranted.IsSet)
                {
                    latencies.Record(Stopwatch.GetElapsedTime(from));
                }

                dues.Enqueue((next.Lease, from + interval));
            }
            else if (granted.Count < share)
            {
                var response = await call.CallAsync(new LeaseGrantRequest { TTL = ttlSeconds });
                granted.Add(response.ID);
                dues.Enqueue((response.ID, Stopwatch.GetTimestamp() + interval));
                if (granted.Count == share)
                {
                    allGranted.Signal();
                }
            }
            else
            {
                var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), dues.Peek().Due);
                await Task.Delay(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1), CancellationToken.None);
            }
        }

        return latencies;
    }
}
