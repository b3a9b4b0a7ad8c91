using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.IntegrationTests.Faults;

/// <summary>
/// Watches everything, at one member after the other: when a stream ends or falls silent it goes on elsewhere, after the last
/// revision that it has seen whole.
/// </summary>
internal sealed class EventWatcher : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly GrpcChannel[] _channels;
    private readonly List<string> _events = [];
    private readonly Task _run;
    private long _next = 2;

    public EventWatcher(IEnumerable<string> addresses)
    {
        _channels = [.. addresses.Select(address => GrpcChannel.ForAddress(address, new() { MaxReceiveMessageSize = null }))];
        _run = Task.Run(RunAsync);
    }

    public int Moves { get; private set; }

    /// <summary>Everything up to a revision, as one member tells it to somebody who begins now.</summary>
    public static async Task<List<string>> HistoryAsync(GrpcChannel channel, long last)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var watch = new Watch.WatchClient(channel).Watch(cancellationToken: patience.Token);
        await watch.RequestStream.WriteAsync(Everything(2), patience.Token);
        var (events, next) = (new List<string>(), 2L);
        while (next <= last && await watch.ResponseStream.MoveNext(patience.Token))
        {
            next = Take(watch.ResponseStream.Current, events, next);
        }

        return events;
    }

    /// <summary>Waits until everything up to a revision was seen, and gives it.</summary>
    public async Task<List<string>> UpToAsync(long revision)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (Volatile.Read(ref _next) <= revision)
        {
            Assert.True(DateTime.UtcNow < deadline, $"the watcher has seen everything before {Volatile.Read(ref _next)} only, not up to {revision}");
            await Task.Yield();
        }

        await _stop.CancelAsync();
        await _run;
        return _events;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private static WatchRequest Everything(long from) => new()
    {
        CreateRequest = new() { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0), StartRevision = from },
    };

    /// <summary>A revision is never split over two answers here, since none is large.</summary>
    private static long Take(WatchResponse answer, List<string> events, long next)
    {
        Assert.False(answer.Canceled, answer.CancelReason);
        foreach (var one in answer.Events)
        {
            Assert.True(one.Kv.ModRevision >= next, $"revision {one.Kv.ModRevision} was told after everything before {next}");
            events.Add($"{one.Kv.ModRevision} {one.Type} {one.Kv.Key.ToStringUtf8()} {one.Kv.Version} {one.Kv.Value.Length} {one.Kv.Value.GetHashCode()}");
        }

        return answer.Events.Count > 0 ? answer.Events[^1].Kv.ModRevision + 1 : next;
    }

    private async Task RunAsync()
    {
        for (var member = 0; !_stop.IsCancellationRequested; member = (member + 1) % _channels.Length)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            silence.CancelAfter(Silence);
            try
            {
                using var watch = new Watch.WatchClient(_channels[member]).Watch(cancellationToken: silence.Token);
                await watch.RequestStream.WriteAsync(Everything(_next), silence.Token);
                while (await watch.ResponseStream.MoveNext(silence.Token))
                {
                    Volatile.Write(ref _next, Take(watch.ResponseStream.Current, _events, _next));
                    silence.CancelAfter(Silence);
                }
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException)
            {
                Moves++;
            }
        }
    }
}
