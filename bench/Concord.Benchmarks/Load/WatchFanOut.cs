using System.Net;
using System.Text;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Benchmarks.Load;

/// <summary>Many watches of one key, over etcd's API; one put at a time, the next when every watch has it.</summary>
internal sealed class WatchFanOut(DnsEndPoint endpoint, int watchers, int streams, int connections)
{
    private const string KeyText = "bench/fan-out";
    private const int ValueBytes = 256;

    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(30);

    public async Task<Result> RunAsync(TimeSpan warmUp, TimeSpan duration, int? serverProcess, CancellationToken cancellation)
    {
        await using var pool = await ConnectionPool.OpenForStreamsAsync(endpoint, streams, connections, cancellation);
        await using var publisher = await Http2Connection.ConnectAsync(endpoint, isOneOfMany: false, cancellation);
        var warm = new DeliveryMeter(watchers, pool.Count);
        var meter = warm;
        await WatchAsync(pool, (lane, message) => Volatile.Read(ref meter).OnDelivery(lane, message), cancellation);

        var put = new UnaryCall<PutResponse>(publisher, EtcdMethods.Put, PutResponse.Parser);
        await RepeatAsync(warm, put, warmUp, cancellation);
        var measured = new DeliveryMeter(watchers, pool.Count);
        Volatile.Write(ref meter, measured);
        var before = serverProcess is { } process ? ProcessUsage.Of(process) : default;
        var elapsed = await RepeatAsync(measured, put, duration, cancellation);
        var after = serverProcess is { } same ? ProcessUsage.Of(same) : default;

        var deliveries = measured.Deliveries;
        return new Result
        {
            Workload = $"fan-out-{watchers}",
            Clients = streams,
            Connections = pool.Count,
            Operations = deliveries.Count,
            Errors = measured.Surplus + warm.Surplus,
            PerSecond = deliveries.Count / elapsed.TotalSeconds,
            P50 = measured.Last.Milliseconds(50),
            P99 = measured.Last.Milliseconds(99),
            Max = measured.Last.MaxMilliseconds,
            ServerProcessorMicroseconds = serverProcess is null ? null : (after.Processor - before.Processor).TotalMicroseconds / Math.Max(1, deliveries.Count),
            ServerResidentMebibytes = serverProcess is null ? null : after.ResidentMebibytes,
            Time = DateTimeOffset.UtcNow,
        };
    }

    private delegate void LaneHandler(int lane, ReadOnlySpan<byte> message);

    private async Task WatchAsync(ConnectionPool pool, LaneHandler onEvents, CancellationToken cancellation)
    {
        var created = 0;
        var allCreated = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var create = new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(KeyText) } };
        for (var i = 0; i < streams; i++)
        {
            var lane = i % pool.Count;
            var watches = (watchers / streams) + (i < watchers % streams ? 1 : 0);
            var left = watches;
            var stream = new StreamCall(pool[i], EtcdMethods.Watch, message =>
            {
                // A stream's first answers are its "created"; they come before any event of their watch, and nothing is
                // put before all are there.
                if (left > 0)
                {
                    left--;
                    if (!WatchResponse.Parser.ParseFrom(message).Created)
                    {
                        allCreated.TrySetException(new BadAnswerException("a watch stream began with something else than 'created'"));
                    }
                    else if (Interlocked.Increment(ref created) == watchers)
                    {
                        allCreated.TrySetResult();
                    }

                    return;
                }

                onEvents(lane, message);
            });
            stream.Start(create);
            for (var watch = 1; watch < watches; watch++)
            {
                stream.Send(create);
            }

            _ = stream.End.ContinueWith(
                end => allCreated.TrySetException(new GrpcException(end.Result)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        await allCreated.Task.WaitAsync(DeliveryTimeout, cancellation);
    }

    private static async Task<TimeSpan> RepeatAsync(DeliveryMeter meter, UnaryCall<PutResponse> put, TimeSpan duration, CancellationToken cancellation)
    {
        var from = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(from) < duration)
        {
            var mark = Encoding.ASCII.GetBytes($"mark-{Guid.NewGuid():n}");
            var value = new byte[ValueBytes];
            mark.CopyTo(value, 0);
            var request = new PutRequest { Key = ByteString.CopyFromUtf8(KeyText), Value = UnsafeByteOperations.UnsafeWrap(value) };
            await meter.PublishAsync(mark, async () => await put.CallAsync(request), DeliveryTimeout, cancellation);
        }

        return System.Diagnostics.Stopwatch.GetElapsedTime(from);
    }
}
