using System.Threading.Channels;
using Concord.Client.Configs;
using Concord.Client.Connection;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Subscriptions;

/// <summary>
/// One stream for many subscriptions: opened with the first, closed with the last, moved to the next
/// endpoint whenever it fails or falls silent.
/// </summary>
/// <remarks>
/// Nothing waits in a queue on the way up. A subscription knows what it has to tell (subscribe, the newest report), and
/// the writer asks all of them whenever it is woken; so a lost connection loses no message and a fast sequence of
/// reports becomes the last one.
/// </remarks>
internal sealed class ConfigStream(EndpointRing ring, ChannelSet channels, FailoverInvoker invoker, ConcordClientOptions options)
    : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ILogger _log = options.LoggerFactory.CreateLogger("Concord.Client.Configs");
    private readonly Dictionary<int, ConfigSubscription> _subscriptions = [];
    private readonly List<int> _removed = [];
    // A wish to be woken, not a queue: one pending wish stands for all.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly V1.Instance _instance = InstanceIdentity.Of(options.Host);
    private int _lastNumber;
    private int _connection;
    private Task _running = Task.CompletedTask;
    private CancellationTokenSource? _stop;

    /// <summary>Its subscriptions at present.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _subscriptions.Count;
        }
    }

    public ConfigSubscription Add(ConfigurationView view, ConfigSubscriptionOptions subscriptionOptions)
    {
        lock (_gate)
        {
            var subscription = new ConfigSubscription(
                this, ++_lastNumber, view, subscriptionOptions, options.TimeProvider, _log);
            _subscriptions.Add(subscription.Number, subscription);
            if (_stop is null)
            {
                _stop = new CancellationTokenSource();
                var (previous, stop) = (_running, _stop.Token);
                _running = Task.Run(() => RunAsync(previous, stop), CancellationToken.None);
            }

            Wake();
            return subscription;
        }
    }

    public async ValueTask RemoveAsync(ConfigSubscription subscription)
    {
        Task running;
        lock (_gate)
        {
            if (!_subscriptions.Remove(subscription.Number))
                return;
            _removed.Add(subscription.Number);
            Wake();
            if (_subscriptions.Count > 0)
                return;
            running = Stop_NeedsGate();
        }

        await running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            _subscriptions.Clear();
            running = Stop_NeedsGate();
        }

        await running.ConfigureAwait(false);
    }

    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>A refused subscription is tried again: what is missing today may be published tomorrow.</summary>
    public void AskAgainLater(ConfigSubscription subscription)
    {
        var wait = options.BackoffMax * (0.5 + (Random.Shared.NextDouble() / 2));
        ITimer? timer = null;
        timer = options.TimeProvider.CreateTimer(
            _ =>
            {
                subscription.AskAgain();
                timer?.Dispose();
            },
            null, wait, Timeout.InfiniteTimeSpan);
    }

    private Task Stop_NeedsGate()
    {
        _stop?.Cancel();
        _stop = null;
        return _running;
    }

    private async Task RunAsync(Task previous, CancellationToken stop)
    {
        await previous.ConfigureAwait(false);
        // Since the last message from any server.
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var at = ring.CurrentIndex;
            var lost = await FollowAsync(at, OnMessage, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                return;
            failures++;
            ring.MoveOnFrom(at);
            ClientTelemetry.StreamLost();
            var wait = Backoff.Wait(failures, ring.Count, options.BackoffMin, options.BackoffMax);
            // One warning per outage; the attempts of a long night are for those who look closer.
            ClientLog.StreamLost(
                _log, failures == 1 ? LogLevel.Warning : LogLevel.Debug, CallErrors.Name(ring[at]), lost, wait);
            foreach (var subscription in Subscriptions())
                subscription.OnDisconnected(ring[at], lost, failures >= ring.Count);
            await WaitAsync(wait, stop).ConfigureAwait(false);

            void OnMessage()
            {
                if (failures > 0)
                    ClientLog.StreamBack(_log, CallErrors.Name(ring[at]), failures);
                failures = 0;
            }
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop) =>
        await Task.Delay(wait, options.TimeProvider, stop)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Opens the stream at one endpoint and follows it until it ends. Returns why it ended; never throws.</summary>
    private async Task<string> FollowAsync(int at, Action onMessage, CancellationToken stop)
    {
        // The first answer must come as quickly as any answer; later, silence is measured in heartbeats.
        using var silence = new CancellationTokenSource(options.CallTimeout, options.TimeProvider);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stop);
        var writing = Task.CompletedTask;
        var token = 0;
        try
        {
            token = channels.Tokens?.Version ?? 0;
            var client = new V1.Configs.ConfigsClient(channels[at]);
            using var call = client.Watch(cancellationToken: end.Token);
            writing = WriteAsync(call.RequestStream, ++_connection, end);
            while (await call.ResponseStream.MoveNext(end.Token).ConfigureAwait(false))
            {
                onMessage();
                silence.CancelAfter(options.SilenceLimit);
                Dispatch(call.ResponseStream.Current, at);
                // Handlers may take their time; only waiting for the server counts as silence.
                silence.CancelAfter(options.SilenceLimit);
            }

            return "the server ended the stream";
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return "stopped";
        }
        catch (Exception) when (silence.IsCancellationRequested)
        {
            return "no sign of life";
        }
        catch (RpcException error)
        {
            if (TokenSource.IsRefusal(error))
                channels.Tokens?.Invalidate(token);
            return invoker.Translate(error, at, stop).Message;
        }
        catch (Exception error)
        {
            ClientLog.StreamFault(_log, error);
            return error.Message;
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    private void Dispatch(V1.WatchConfigResponse message, int at)
    {
        ConfigSubscription? subscription;
        lock (_gate)
            subscription = _subscriptions.GetValueOrDefault(message.Subscription);
        subscription?.OnMessage(message, ring[at]);
    }

    /// <summary>Tells the server what is due, whenever woken, until the stream ends. Never throws.</summary>
    private async Task WriteAsync(IClientStreamWriter<V1.WatchConfigRequest> stream, int connection, CancellationTokenSource end)
    {
        lock (_gate)
            _removed.Clear();
        var due = new List<V1.WatchConfigRequest>();
        try
        {
            do
            {
                TakeDue(connection, due);
                foreach (var request in due)
                    await stream.WriteAsync(request, end.Token).ConfigureAwait(false);
                due.Clear();
            }
            while (await _wake.Reader.WaitToReadAsync(end.Token).ConfigureAwait(false) && _wake.Reader.TryRead(out _));
        }
        catch (Exception error) when (end.IsCancellationRequested || error is RpcException or InvalidOperationException)
        {
            // The stream is over; its reader learns why and says so.
        }
        catch (Exception error)
        {
            ClientLog.StreamFault(_log, error);
            await end.CancelAsync().ConfigureAwait(false);
        }
    }

    private void TakeDue(int connection, List<V1.WatchConfigRequest> due)
    {
        lock (_gate)
        {
            foreach (var number in _removed)
                due.Add(new V1.WatchConfigRequest { Unsubscribe = new() { Subscription = number } });
            _removed.Clear();
            foreach (var subscription in _subscriptions.Values)
                subscription.TakeDue(connection, _instance, due);
        }
    }

    private ConfigSubscription[] Subscriptions()
    {
        lock (_gate)
            return [.. _subscriptions.Values];
    }
}
