using System.Diagnostics;
using System.Net;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;
using Concord.Protocol.V1;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Many instances of many services: registered as fast as it goes, then held for a while on their streams, or left to the time that
/// they were given.
/// </summary>
internal sealed class HeldInstances(DnsEndPoint endpoint, int instances, int services, int streams, int ttlSeconds)
{
    private const int ClientsWithoutStreams = 64;

    public async Task<IReadOnlyList<Result>> RunAsync(TimeSpan hold, int? serverProcess, CancellationToken cancellation)
    {
        var clients = streams == 0 ? ClientsWithoutStreams : streams;
        await using var pool = await ConnectionPool.OpenForStreamsAsync(endpoint, clients, 0, cancellation);
        var before = serverProcess is { } process ? ProcessUsage.Of(process) : default;
        var from = Stopwatch.GetTimestamp();
        var sessions = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => RegisterAsync(pool[client], client, clients), cancellation)));
        var elapsed = Stopwatch.GetElapsedTime(from);
        var registered = serverProcess is { } same ? ProcessUsage.Of(same) : default;
        var results = new List<Result>
        {
            new()
            {
                Workload = $"register-{instances}",
                Clients = clients,
                Connections = pool.Count,
                Operations = instances,
                PerSecond = instances / elapsed.TotalSeconds,
                Milliseconds = elapsed.TotalMilliseconds,
                ServerProcessorMicroseconds = serverProcess is null ? null : (registered.Processor - before.Processor).TotalMicroseconds / instances,
                ServerResidentMebibytes = serverProcess is null ? null : registered.ResidentMebibytes,
                Time = DateTimeOffset.UtcNow,
            },
        };
        if (streams == 0 || hold == TimeSpan.Zero)
        {
            return results;
        }

        // What the collector and the snapshots of the registering cost is not the price of holding.
        await KeepAsync(sessions, TimeSpan.FromSeconds(ttlSeconds), cancellation);
        before = serverProcess is { } again ? ProcessUsage.Of(again) : default;
        from = Stopwatch.GetTimestamp();
        await KeepAsync(sessions, hold, cancellation);
        elapsed = Stopwatch.GetElapsedTime(from);
        var held = serverProcess is { } still ? ProcessUsage.Of(still) : default;
        results.Add(new()
        {
            Workload = $"hold-{instances}",
            Clients = clients,
            Connections = pool.Count,
            ServerResidentMebibytes = serverProcess is null ? null : held.ResidentMebibytes,
            ProcessorPercent = serverProcess is null ? null : 100 * (held.Processor - before.Processor) / elapsed,
            Time = DateTimeOffset.UtcNow,
        });
        return results;
    }

    private async Task<RegistrySession> RegisterAsync(Http2Connection connection, int client, int clients)
    {
        var session = new RegistrySession(connection);
        var call = new UnaryCall<RegisterInstanceResponse>(connection, "/concord.v1.Registry/RegisterInstance", RegisterInstanceResponse.Parser);
        for (var i = client; i < instances; i += clients)
        {
            var instance = RegistrySession.Instance($"bench-many-{i % services}", $"i{i}");
            if (streams > 0)
            {
                await session.RegisterAsync(instance, ttlSeconds);
            }
            else
            {
                await call.CallAsync(new RegisterInstanceRequest { Instance = instance, TtlSeconds = ttlSeconds });
            }
        }

        return session;
    }

    /// <summary>Signs of life of all streams, three in the time to live, spread over it.</summary>
    private async Task KeepAsync(RegistrySession[] sessions, TimeSpan time, CancellationToken cancellation)
    {
        var interval = TimeSpan.FromSeconds(ttlSeconds) / 3;
        var from = Stopwatch.GetTimestamp();
        for (var sent = 0L; Stopwatch.GetElapsedTime(from) < time; sent++)
        {
            await sessions[sent % sessions.Length].HeartbeatAsync();
            var due = interval * ((sent + 1d) / sessions.Length) - Stopwatch.GetElapsedTime(from);
            if (due > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(due, cancellation);
            }
        }
    }
}
