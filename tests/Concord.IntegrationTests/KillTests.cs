using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.IntegrationTests;

/// <summary>
/// A server killed with SIGKILL under load, again and again: after each restart every acknowledged write is there, and one
/// that was not acknowledged is there whole or not at all.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Writers = 16;
    private static readonly int Rounds = Built.Long ? 200 : 20;

    [Fact]
    public async Task Nothing_acknowledged_is_lost()
    {
        using var folder = new TemporaryFolder();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var writers = Enumerable.Range(0, Writers).Select(number => new Writer(number)).ToArray();
        var lastRevision = 0L;

        for (var round = 1; round <= Rounds; round++)
        {
            // A small snapshot count, so that snapshots and dropped segments fall into the kills too.
            await using var server = await ServerProcess.StartAsync(folder["data"], more: ["--snapshot-count", "500"]);
            var revision = await VerifyAsync(server.KV, writers);
            Assert.True(revision >= lastRevision, $"round {round}: the revision went back from {lastRevision} to {revision}");

            var enough = new Load(random.Next(100, 1500));
            var load = writers.Select(writer => writer.WriteUntilCutOffAsync(server.KV, enough)).ToArray();
            await enough.Reached.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            await server.Process.KillAsync();
            await Task.WhenAll(load);
            lastRevision = revision;
        }

        await using var last = await ServerProcess.StartAsync(folder["data"]);
        await VerifyAsync(last.KV, writers);
        output.WriteLine($"{Rounds} rounds, {writers.Sum(writer => writer.Acknowledged.Count)} acknowledged writes, all there");
    }

    private static async Task<long> VerifyAsync(KV.KVClient kv, Writer[] writers)
    {
        var answer = await kv.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("w/"), RangeEnd = ByteString.CopyFromUtf8("w0") });
        var found = answer.Kvs.ToDictionary(pair => pair.Key.ToStringUtf8(), pair => pair.Value.ToStringUtf8());
        foreach (var writer in writers)
        {
            writer.Verify(found);
        }

        Assert.True(found.Count == 0, $"keys that nobody wrote: {string.Join(", ", found.Keys.Take(3))}");
        return answer.Header.Revision;
    }

    /// <summary>Counts acknowledged writes up to the number after which the server is killed.</summary>
    private sealed class Load(int goal)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task Reached => _reached.Task;

        public void Count()
        {
            if (Interlocked.Increment(ref _count) == goal)
            {
                _reached.SetResult();
            }
        }
    }

    /// <summary>
    /// Writes one numbered item after the other: a single put, or (each third) a transaction of two keys that must
    /// appear together.
    /// </summary>
    private sealed class Writer(int number)
    {
        private int _attempted;

        public ConcurrentDictionary<int, bool> Acknowledged { get; } = [];

        public async Task WriteUntilCutOffAsync(KV.KVClient kv, Load load)
        {
            try
            {
                while (true)
                {
                    var item = ++_attempted;
                    await kv.TxnAsync(Write(item));
                    Acknowledged[item] = true;
                    load.Count();
                }
            }
            catch (RpcException cutOff) when (cutOff.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled)
            {
                // The kill. The last item may or may not be there.
            }
        }

        public void Verify(Dictionary<string, string> found)
        {
            for (var item = 1; item <= _attempted; item++)
            {
                var keys = KeysOf(item);
                var present = keys.Count(key => found.Remove(key, out var value) && Expect(key, value));
                Assert.True(
                    present == keys.Length || (present == 0 && !Acknowledged.ContainsKey(item)),
                    $"writer {number}, item {item}: {present} of {keys.Length} keys are there, acknowledged: {Acknowledged.ContainsKey(item)}");
            }
        }

        private static bool Expect(string key, string value)
        {
            Assert.Equal(ValueOf(key), value);
            return true;
        }

        private TxnRequest Write(int item)
        {
            var request = new TxnRequest();
            foreach (var key in KeysOf(item))
            {
                request.Success.Add(new RequestOp
                {
                    RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(ValueOf(key)) },
                });
            }

            return request;
        }

        private string[] KeysOf(int item) => item % 3 == 0
            ? [$"w/{number}/{item:D8}/a", $"w/{number}/{item:D8}/b"]
            : [$"w/{number}/{item:D8}"];

        private static string ValueOf(string key)
        {
            var text = new StringBuilder(key);
            while (text.Length < 200)
            {
                text.Append(CultureInfo.InvariantCulture, $"·{text.Length}");
            }

            return text.ToString();
        }
    }
}
