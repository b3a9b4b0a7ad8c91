using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Concord.Protocol.Etcd;
using Concord.Simulator.Checks;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.IntegrationTests.Faults;

/// <summary>
/// Clients that write, compare and set, and read a few registers at whatever member they are connected to, and record what they
/// asked and heard, and when. The simulator's judge says whether the history is linearizable.
/// </summary>
internal sealed class RegisterClients : IAsyncDisposable
{
    private const int Keys = 6;

    /// <summary>Longer than an election, so that some calls wait through one.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly GrpcChannel[] _channels;
    private readonly Task[] _clients;
    private readonly ConcurrentQueue<(int Key, RegisterOperation Operation)> _history = [];
    private readonly object _progress = new();
    private string _lastFailure = "none";
    private long _values;
    private int _done;

    public RegisterClients(IEnumerable<string> addresses, int clients)
    {
        _channels = [.. addresses.Select(address => GrpcChannel.ForAddress(address))];
        _clients = [.. Enumerable.Range(0, clients).Select(RunAsync)];
    }

    /// <summary>Calls that were answered.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>Waits until so many more calls were answered.</summary>
    public Task MoreAsync(int count) => Task.Run(() =>
    {
        var goal = Done + count;
        var patience = Stopwatch.StartNew();
        lock (_progress)
        {
            while (Done < goal)
            {
                if (patience.Elapsed > TimeSpan.FromSeconds(60) || !Monitor.Wait(_progress, TimeSpan.FromSeconds(60)))
                {
                    throw new TimeoutException($"{goal - Done} of {count} calls were not answered in a minute; the last failure: {_lastFailure}");
                }
            }
        }
    });

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>The history of each key is linearizable.</summary>
    public string Check()
    {
        var unheard = 0;
        foreach (var key in _history.GroupBy(one => one.Key))
        {
            var observed = key.Select(one => one.Operation.Call).SelectMany(Observed).ToHashSet();
            var history = new RegisterHistory();
            foreach (var (_, operation) in key)
            {
                // What nobody heard of and nobody saw may as well not have happened: no answer tells the difference, since failed
                // comparisons read the value. The search would try it at every place.
                if (operation.End == long.MaxValue && !observed.Contains(Written(operation.Call)))
                {
                    unheard++;
                    continue;
                }

                history.Add(operation);
            }

            var verdict = history.Check();
            Assert.True(verdict == Verdict.Linearizable, $"the history of register {key.Key} with {history.Count} calls is {verdict}");
        }

        return $"{_history.Count} calls recorded, {Done} answered, {unheard} neither answered nor seen";
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

    private static IEnumerable<long> Observed(RegisterCall call) => call switch
    {
        RegisterCall.Read read => [read.Observed],
        RegisterCall.CompareAndSet { Succeeded: true } swap => [swap.Expected],
        _ => [],
    };

    private static long Written(RegisterCall call) => call switch
    {
        RegisterCall.Write write => write.Value,
        RegisterCall.CompareAndSet swap => swap.Value,
        _ => 0,
    };

    private static ByteString KeyOf(int key) => ByteString.CopyFromUtf8($"register/{key}");

    private static ByteString ValueOf(long value) => ByteString.CopyFromUtf8(value.ToString(CultureInfo.InvariantCulture));

    private static long ValueOf(Google.Protobuf.Collections.RepeatedField<KeyValue> found) =>
        found.Count == 0 ? 0 : long.Parse(found[0].Value.ToStringUtf8(), CultureInfo.InvariantCulture);

    private async Task RunAsync(int client)
    {
        await Task.Yield();
        var random = new Random(client);
        var seen = new long[Keys];
        var member = client % _channels.Length;
        while (!_stop.IsCancellationRequested)
        {
            var key = random.Next(Keys);
            var kind = random.Next(100);
            var value = Interlocked.Increment(ref _values);
            var expected = seen[key];
            var start = Stopwatch.GetTimestamp();
            try
            {
                var kv = new KV.KVClient(_channels[member]);
                var call = kind < 35 ? await WriteAsync(kv, key, value)
                    : kind < 55 ? await CompareAndSetAsync(kv, key, expected, value)
                    : await ReadAsync(kv, key);
                _history.Enqueue((key, new(start, Stopwatch.GetTimestamp(), call)));
                seen[key] = call is RegisterCall.Read read ? read.Observed : value;
                Note(null);
            }
            catch (RpcException error)
            {
                // It may have been done, or be done later.
                if (kind < 55)
                {
                    _history.Enqueue((key, new(start, long.MaxValue, kind < 35 ? new RegisterCall.Write(value) : new RegisterCall.CompareAndSet(expected, value, null))));
                }

                member = random.Next(_channels.Length);
                Note($"{error.Status.StatusCode} {error.Status.Detail}");
            }
        }
    }

    private static async Task<RegisterCall> WriteAsync(KV.KVClient kv, int key, long value)
    {
        await kv.PutAsync(new PutRequest { Key = KeyOf(key), Value = ValueOf(value) }, deadline: DateTime.UtcNow + CallTimeout);
        return new RegisterCall.Write(value);
    }

    private static async Task<RegisterCall> ReadAsync(KV.KVClient kv, int key)
    {
        var answer = await kv.RangeAsync(new RangeRequest { Key = KeyOf(key) }, deadline: DateTime.UtcNow + CallTimeout);
        return new RegisterCall.Read(ValueOf(answer.Kvs));
    }

    private static async Task<RegisterCall> CompareAndSetAsync(KV.KVClient kv, int key, long expected, long value)
    {
        var compare = new Compare { Key = KeyOf(key), Result = Compare.Types.CompareResult.Equal };
        if (expected == 0)
        {
            compare.Target = Compare.Types.CompareTarget.Create;
            compare.CreateRevision = 0;
        }
        else
        {
            compare.Target = Compare.Types.CompareTarget.Value;
            compare.Value = ValueOf(expected);
        }

        var answer = await kv.TxnAsync(
            new TxnRequest
            {
                Compare = { compare },
                Success = { new RequestOp { RequestPut = new PutRequest { Key = KeyOf(key), Value = ValueOf(value) } } },
                Failure = { new RequestOp { RequestRange = new RangeRequest { Key = KeyOf(key) } } },
            },
            deadline: DateTime.UtcNow + CallTimeout);
        return answer.Succeeded ? new RegisterCall.CompareAndSet(expected, value, true) : new RegisterCall.Read(ValueOf(answer.Responses[0].ResponseRange.Kvs));
    }

    private void Note(string? failure)
    {
        lock (_progress)
        {
            _lastFailure = failure ?? _lastFailure;
            if (failure is null)
            {
                _done++;
            }

            Monitor.PulseAll(_progress);
        }
    }
}
