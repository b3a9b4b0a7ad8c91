using System.Diagnostics;
using System.Net;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Measure;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Benchmarks.Load;

/// <summary>Fills the store with many keys, some in each transaction, and checks that they are there.</summary>
internal sealed class Fill(DnsEndPoint endpoint, int keys, int valueBytes, int perTransaction, int clients, Action<string> progress)
{
    private const string Prefix = "bench/fill/";

    // '0' is the byte after '/'.
    private const string PrefixEnd = "bench/fill0";

    private const int ProgressSteps = 10;

    private int _next;

    public async Task<Result> RunAsync(int? serverProcess, CancellationToken cancellation)
    {
        await using var pool = await ConnectionPool.OpenAsync(endpoint, Math.Min(8, clients), cancellation);
        var before = serverProcess is { } process ? ProcessUsage.Of(process) : default;
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => RunClientAsync(pool[client], cancellation), cancellation)));
        var elapsed = Stopwatch.GetElapsedTime(from);
        await CheckAsync(pool[0]);
        var after = serverProcess is { } same ? ProcessUsage.Of(same) : default;
        return new Result
        {
            Workload = $"fill-{keys}",
            Clients = clients,
            Connections = pool.Count,
            Operations = keys,
            PerSecond = keys / elapsed.TotalSeconds,
            Milliseconds = elapsed.TotalMilliseconds,
            ServerProcessorMicroseconds = serverProcess is null ? null : (after.Processor - before.Processor).TotalMicroseconds / keys,
            ServerResidentMebibytes = serverProcess is null ? null : after.ResidentMebibytes,
            Time = DateTimeOffset.UtcNow,
        };
    }

    private async Task RunClientAsync(Http2Connection connection, CancellationToken cancellation)
    {
        var call = new UnaryCall<TxnResponse>(connection, EtcdMethods.Txn, TxnResponse.Parser);
        var random = new Random(1);
        while (!cancellation.IsCancellationRequested)
        {
            var first = Interlocked.Add(ref _next, perTransaction) - perTransaction;
            if (first >= keys)
            {
                return;
            }

            var request = new TxnRequest();
            for (var i = first; i < Math.Min(keys, first + perTransaction); i++)
            {
                var value = new byte[valueBytes];
                random.NextBytes(value);
                var put = new PutRequest { Key = ByteString.CopyFromUtf8($"{Prefix}{i:d9}"), Value = UnsafeByteOperations.UnsafeWrap(value) };
                request.Success.Add(new RequestOp { RequestPut = put });
            }

            await call.CallAsync(request);
            var step = Math.Max(1, keys / ProgressSteps);
            if (first / step != (first + perTransaction) / step)
            {
                progress($"{first + perTransaction} keys");
            }
        }
    }

    private async Task CheckAsync(Http2Connection connection)
    {
        var call = new UnaryCall<RangeResponse>(connection, EtcdMethods.Range, RangeResponse.Parser);
        var response = await call.CallAsync(new RangeRequest
        {
            Key = ByteString.CopyFromUtf8(Prefix),
            RangeEnd = ByteString.CopyFromUtf8(PrefixEnd),
            CountOnly = true,
        });
        if (response.Count < keys)
        {
            throw new BadAnswerException($"{keys} keys were put, but {response.Count} are there");
        }
    }
}
