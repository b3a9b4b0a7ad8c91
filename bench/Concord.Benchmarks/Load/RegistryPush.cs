using System.Net;
using System.Text;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;
using Concord.Protocol.V1;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Many clients that follow the instances of one service, each on a stream of its own; from sending a change of one instance to the
/// last client that has it.
/// </summary>
internal sealed class RegistryPush(DnsEndPoint endpoint, int watchers, int connections, int instances, Action<string> progress)
{
    private const string ServiceName = "bench-followed";
    private const string Service = "/concord.v1.Registry/";

    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SubscribeTimeout = TimeSpan.FromMinutes(2);

    public async Task<Result> RunAsync(int changes, int? serverProcess, CancellationToken cancellation)
    {
        await using var changer = await Http2Connection.ConnectAsync(endpoint, isOneOfMany: false, cancellation);
        for (var i = 0; i < instances; i++)
        {
            await RegisterAsync(changer, i);
        }

        await using var pool = await ConnectionPool.OpenForStreamsAsync(endpoint, watchers, connections, cancellation);
        progress($"{pool.Count} connections");
        var meter = new DeliveryMeter(watchers, pool.Count);
        await FollowAsync(pool, meter, cancellation);
        progress($"{watchers} clients have the {instances} instances");

        var before = serverProcess is { } process ? ProcessUsage.Of(process) : default;
        for (var i = 1; i <= changes; i++)
        {
            var mark = $"reason-{Guid.NewGuid():n}";
            var elapsed = await meter.PublishAsync(Encoding.ASCII.GetBytes(mark), () => ChangeAsync(changer, mark), DeliveryTimeout, cancellation);
            progress($"change {i} of {changes}: {elapsed.TotalMilliseconds:f1} ms to the last client");
        }

        var after = serverProcess is { } same ? ProcessUsage.Of(same) : default;
        var deliveries = meter.Deliveries;
        return new Result
        {
            Workload = $"registry-push-{watchers}",
            Clients = watchers,
            Connections = pool.Count,
            Operations = deliveries.Count,
            Errors = meter.Surplus,
            P50 = meter.Last.Milliseconds(50),
            P99 = meter.Last.Milliseconds(99),
            Max = meter.Last.MaxMilliseconds,
            ServerProcessorMicroseconds = serverProcess is null ? null : (after.Processor - before.Processor).TotalMicroseconds / Math.Max(1, deliveries.Count),
            ServerResidentMebibytes = serverProcess is null ? null : after.ResidentMebibytes,
            Time = DateTimeOffset.UtcNow,
        };
    }

    private static async Task RegisterAsync(Http2Connection connection, int number)
    {
        var instance = new InstanceRegistration { Service = ServiceName, Id = $"i{number}", Persistent = true, Zone = "eu-1", Version = "1.0.0" };
        instance.Endpoints.Add(new ServiceEndpoint { Scheme = "http", Host = "10.0.0.1", Port = 8080 });
        await new UnaryCall<RegisterInstanceResponse>(connection, Service + "RegisterInstance", RegisterInstanceResponse.Parser).CallAsync(new RegisterInstanceRequest { Instance = instance });
    }

    private static async Task ChangeAsync(Http2Connection connection, string mark)
    {
        var request = new SetStateRequest { Service = ServiceName, Id = "i0", State = InstanceState.Warning, Reason = mark };
        await new UnaryCall<SetStateResponse>(connection, Service + "SetState", SetStateResponse.Parser).CallAsync(request);
    }

    private async Task FollowAsync(ConnectionPool pool, DeliveryMeter meter, CancellationToken cancellation)
    {
        var waiting = watchers;
        var allFollow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < watchers; i++)
        {
            var lane = i % pool.Count;
            var hasView = false;
            var stream = new StreamCall(pool[i], Service + "Watch", message =>
            {
                if (hasView)
                {
                    OnChange(meter, lane, message);
                    return;
                }

                hasView = true;
                var view = WatchServicesResponse.Parser.ParseFrom(message).Full;
                if (view is null || view.Instances.Count != instances)
                {
                    allFollow.TrySetException(new BadAnswerException($"a client's first message is not the view of {instances} instances"));
                }
                else if (Interlocked.Decrement(ref waiting) == 0)
                {
                    allFollow.TrySetResult();
                }
            });
            stream.Start(new WatchServicesRequest { Filter = new InstanceFilter { Service = ServiceName } }, isOnly: true);
            _ = stream.End.ContinueWith(
                end => allFollow.TrySetException(new GrpcException(end.Result)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        await allFollow.Task.WaitAsync(SubscribeTimeout, cancellation);
    }

    private static void OnChange(DeliveryMeter meter, int lane, ReadOnlySpan<byte> message)
    {
        // Heartbeats are short and carry no instance.
        const int HeartbeatBytesMax = 32;
        if (message.Length <= HeartbeatBytesMax
            && WatchServicesResponse.Parser.ParseFrom(message).EventCase == WatchServicesResponse.EventOneofCase.Heartbeat)
        {
            return;
        }

        meter.OnDelivery(lane, message);
    }
}
