using System.Diagnostics;
using System.Net;
using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Benchmarks.Load;

/// <summary>
/// The time without a successful write after something bad: every few milliseconds a new put goes to each member that stays,
/// whatever became of the ones before, and the first that succeeds ends it.
/// </summary>
internal sealed class Outage : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Http2Connection> _connections = [];

    /// <summary>Connects, and puts once at each member so that nothing is cold.</summary>
    public static async Task<Outage> PrepareAsync(IReadOnlyList<DnsEndPoint> survivors, CancellationToken cancellation)
    {
        var outage = new Outage();
        foreach (var survivor in survivors)
        {
            var connection = await Http2Connection.ConnectAsync(survivor, isOneOfMany: false, cancellation);
            outage._connections.Add(connection);
            await PutAsync(connection);
        }

        return outage;
    }

    public async Task<TimeSpan> MeasureAsync(Action harm, CancellationToken cancellation)
    {
        var first = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        harm();
        var started = Stopwatch.GetTimestamp();
        while (!first.Task.IsCompleted)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"no write succeeded within {Patience.TotalSeconds:F0} s");
            }

            foreach (var connection in _connections)
            {
                _ = TryPutAsync(connection, first);
            }

            await Task.WhenAny(first.Task, Task.Delay(Pause, cancellation));
        }

        return Stopwatch.GetElapsedTime(started, await first.Task);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task TryPutAsync(Http2Connection connection, TaskCompletionSource<long> first)
    {
        try
        {
            await PutAsync(connection);
            first.TrySetResult(Stopwatch.GetTimestamp());
        }
        catch (GrpcException)
        {
            // What is measured: there is no leader. The next one tries.
        }
    }

    private static async Task PutAsync(Http2Connection connection)
    {
        var call = new UnaryCall<PutResponse>(connection, EtcdMethods.Put, PutResponse.Parser);
        await call.CallAsync(new PutRequest { Key = ByteString.CopyFromUtf8("bench/outage"), Value = ByteString.CopyFromUtf8("x") });
    }
}
