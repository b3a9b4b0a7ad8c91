using System.Net;
using System.Text;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;
using Concord.Protocol.V1;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Many clients that follow one configuration, each on a stream of its own; from sending "publish" to the last client that
/// has the new value.
/// </summary>
internal sealed class ConfigPush(DnsEndPoint endpoint, int watchers, int connections, int settings, Action<string> progress)
{
    private const string Application = "bench";
    private const string Environment = "prod";
    private const string Author = "concord-bench";
    private const string Service = "/concord.v1.Configs/";

    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SubscribeTimeout = TimeSpan.FromMinutes(2);

    public async Task<Result> RunAsync(int publishes, int? serverProcess, CancellationToken cancellation)
    {
        await using var publisher = await Http2Connection.ConnectAsync(endpoint, isOneOfMany: false, cancellation);
        await PublishFirstAsync(publisher);
        await using var pool = await ConnectionPool.OpenForStreamsAsync(endpoint, watchers, connections, cancellation);
        progress($"{pool.Count} connections");
        var meter = new DeliveryMeter(watchers, pool.Count);
        await SubscribeAsync(pool, meter, cancellation);
        progress($"{watchers} clients have the configuration");

        var before = serverProcess is { } process ? ProcessUsage.Of(process) : default;
        for (var i = 1; i <= publishes; i++)
        {
            var mark = $"value-{Guid.NewGuid():n}";
            await EditAsync(publisher, new() { ["discount"] = mark });
            var elapsed = await meter.PublishAsync(Encoding.ASCII.GetBytes(mark), () => PublishAsync(publisher), DeliveryTimeout, cancellation);
            progress($"publish {i} of {publishes}: {elapsed.TotalMilliseconds:f1} ms to the last client");
        }

        var after = serverProcess is { } same ? ProcessUsage.Of(same) : default;
        var deliveries = meter.Deliveries;
        return new Result
        {
            Workload = $"config-push-{watchers}",
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

    private async Task PublishFirstAsync(Http2Connection connection)
    {
        var values = Enumerable.Range(0, settings - 1).ToDictionary(i => $"setting-{i:d3}", i => $"the value of setting {i}");
        values["discount"] = $"start-{Guid.NewGuid():n}";
        await EditAsync(connection, values);
        await PublishAsync(connection);
    }

    private static async Task EditAsync(Http2Connection connection, Dictionary<string, string> values)
    {
        var request = new EditDraftRequest
        {
            Id = new ConfigurationId { Application = Application, Environment = Environment },
            Author = Author,
            Format = Format.Properties,
        };
        request.Set.Add(values);
        await new UnaryCall<Draft>(connection, Service + "EditDraft", Draft.Parser).CallAsync(request);
    }

    private static async Task PublishAsync(Http2Connection connection)
    {
        var request = new PublishRequest { Author = Author, Message = "measurement" };
        request.Targets.Add(new Target { Application = Application, Environment = Environment });
        var response = await new UnaryCall<PublishResponse>(connection, Service + "Publish", PublishResponse.Parser).CallAsync(request);
        if (response.Release == 0 || response.Changes.Count == 0)
        {
            throw new BadAnswerException("a publish made no release, or one without changes");
        }
    }

    private async Task SubscribeAsync(ConnectionPool pool, DeliveryMeter meter, CancellationToken cancellation)
    {
        var waiting = watchers;
        var allSubscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
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
                var view = WatchConfigResponse.Parser.ParseFrom(message).Full;
                if (view is null || view.Settings.Count != settings)
                {
                    allSubscribed.TrySetException(new BadAnswerException($"a client's first message is not the view of {settings} settings"));
                }
                else if (Interlocked.Decrement(ref waiting) == 0)
                {
                    allSubscribed.TrySetResult();
                }
            });
            stream.Start(Subscribe(i));
            _ = stream.End.ContinueWith(
                end => allSubscribed.TrySetException(new GrpcException(end.Result)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        await allSubscribed.Task.WaitAsync(SubscribeTimeout, cancellation);
    }

    private static void OnChange(DeliveryMeter meter, int lane, ReadOnlySpan<byte> message)
    {
        // Heartbeats are short and carry no setting.
        const int HeartbeatBytesMax = 32;
        if (message.Length <= HeartbeatBytesMax
            && WatchConfigResponse.Parser.ParseFrom(message).EventCase == WatchConfigResponse.EventOneofCase.Heartbeat)
        {
            return;
        }

        meter.OnDelivery(lane, message);
    }

    private static WatchConfigRequest Subscribe(int client) => new()
    {
        Subscribe = new WatchConfigRequest.Types.Subscribe
        {
            Subscription = 1,
            View = new ViewId { Application = Application, Environment = Environment },
            Instance = new Instance { Id = $"bench-{client}", Host = "bench", Client = Author },
        },
    };
}
