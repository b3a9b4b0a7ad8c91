using System.Collections.Concurrent;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.IntegrationTests;

/// <summary>
/// Writers that put one numbered key after the other, each through the members in turn, and remember what was acknowledged. A
/// put that fails is repeated at the next member: the same key and value, so that doing it twice does no harm here.
/// </summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly GrpcChannel[] _channels;
    private readonly Task[] _writers;
    private readonly ConcurrentDictionary<string, bool> _acknowledged = [];
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly object _progress = new();
    private int _mostRetries;

    public ClusterLoad(IEnumerable<string> addresses, int writers)
    {
        _channels = [.. addresses.Select(address => GrpcChannel.ForAddress(address))];
        _writers = [.. Enumerable.Range(0, writers).Select(WriteAsync)];
    }

    public int Acknowledged => _acknowledged.Count;

    /// <summary>The most times that one put had to be repeated.</summary>
    public int MostRetries => Volatile.Read(ref _mostRetries);

    /// <summary>Whatever went wrong, one line for each failed try.</summary>
    public IEnumerable<string> Failures => _failures;

    /// <summary>Waits until so many more puts are acknowledged.</summary>
    public async Task MoreAsync(int count)
    {
        var goal = Acknowledged + count;
        await Task.Run(() =>
        {
            lock (_progress)
            {
                while (Acknowledged < goal)
                {
                    if (!Monitor.Wait(_progress, TimeSpan.FromSeconds(60)))
                    {
                        throw new TimeoutException($"no put was acknowledged for a minute; the last failures: {string.Join("; ", _failures.TakeLast(5))}");
                    }
                }
            }
        });
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
    }

    /// <summary>Every acknowledged key is there with its value, as one member sees it in a linearizable read.</summary>
    public async Task VerifyAsync(KV.KVClient kv)
    {
        var answer = await kv.RangeAsync(
            new RangeRequest { Key = ByteString.CopyFromUtf8("load/"), RangeEnd = ByteString.CopyFromUtf8("load0") }, deadline: DateTime.UtcNow.AddSeconds(60));
        var found = answer.Kvs.ToDictionary(pair => pair.Key.ToStringUtf8(), pair => pair.Value.ToStringUtf8());
        var lost = _acknowledged.Keys.Where(key => !found.TryGetValue(key, out var value) || value != ValueOf(key)).Take(5).ToArray();
        Assert.True(lost.Length == 0, $"acknowledged and lost: {string.Join(", ", lost)} of {_acknowledged.Count}");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private static string ValueOf(string key) => key + new string('.', 100);

    private async Task WriteAsync(int writer)
    {
        await Task.Yield();
        var member = writer % _channels.Length;
        for (var item = 0; !_stop.IsCancellationRequested; item++)
        {
            var key = $"load/{writer}/{item:D8}";
            var put = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(ValueOf(key)) };
            for (var retries = 0; !_stop.IsCancellationRequested; retries++)
            {
                try
                {
                    await new KV.KVClient(_channels[member]).PutAsync(put, deadline: DateTime.UtcNow.AddSeconds(10));
                    _acknowledged[key] = true;
                    Note(retries);
                    break;
                }
                catch (RpcException error)
                {
                    _failures.Enqueue($"{key} try {retries} at member {member}: {error.Status.StatusCode} {error.Status.Detail}");
                    member = (member + 1) % _channels.Length;
                }
            }
        }
    }

    private void Note(int retries)
    {
        lock (_progress)
        {
            _mostRetries = Math.Max(_mostRetries, retries);
            Monitor.PulseAll(_progress);
        }
    }
}
