using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Concord.Client.Connection;

/// <summary>
/// One stream in both directions that many users share: opened with the first, closed with the client, opened again at the next
/// endpoint whenever it fails or falls silent while it has users. An idle stream costs a ping now and then; to open one costs a round trip
/// of whoever waits for it, such as the next waiter for a lock.
/// </summary>
/// <remarks>
/// Nothing waits in a queue on the way up. What is due is state of the users; the writer collects it whenever it is woken, and a
/// new stream starts with the whole of it. So a lost connection loses no request.
/// </remarks>
internal abstract class KeptStream<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class
    where TResponse : class
{
    /// <summary>etcd's word for "a member that has lost its leader shall end this stream": it would stay silent otherwise, and
    /// its connection looks healthy.</summary>
    private static readonly Metadata RequireLeader = new() { { "hasleader", "true" } };

    /// <summary>Timers count to some fifty days; a look in between costs nothing.</summary>
    private static readonly TimeSpan AlarmMax = TimeSpan.FromDays(1);

    /// <summary>For the server to take note that the stream ends; without that it would see a stream that breaks.</summary>
    private static readonly TimeSpan FarewellMax = TimeSpan.FromMilliseconds(500);

    private readonly FailoverInvoker _invoker;
    private readonly ConcordClientOptions _options;
    private readonly ILogger _log;

    // A wish to be woken, not a queue: one pending wish stands for all.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly ITimer _alarm;
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private bool _disposed;

    protected KeptStream(FailoverInvoker invoker, ConcordClientOptions options, string category)
    {
        _invoker = invoker;
        _options = options;
        _log = options.LoggerFactory.CreateLogger(category);
        _alarm = options.TimeProvider.CreateTimer(static stream => ((KeptStream<TRequest, TResponse>)stream!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Guards the state of the users.</summary>
    protected Lock Gate { get; } = new();

    protected ILogger Log => _log;

    protected ConcordClientOptions Options => _options;

    protected TimeProvider Time => _options.TimeProvider;

    /// <summary>What the stream is called in the log.</summary>
    protected abstract string Name { get; }

    protected abstract bool HasUsers_NeedsGate { get; }

    /// <summary>The longest wait between two attempts.</summary>
    protected virtual TimeSpan WaitMax_NeedsGate => _options.BackoffMax;

    protected abstract AsyncDuplexStreamingCall<TRequest, TResponse> Open(CallInvoker endpoint, CallOptions call);

    /// <summary>A new stream begins: what former ones were asked and said holds no longer.</summary>
    protected abstract void Begin_NeedsGate();

    /// <summary>Adds what is due now.</summary>
    /// <returns>When to ask again at the latest.</returns>
    protected abstract TimeSpan TakeDue_NeedsGate(List<TRequest> due);

    /// <summary>How long the server may take for its next answer; infinite if none is awaited.</summary>
    protected abstract TimeSpan Patience_NeedsGate();

    /// <exception cref="ConcordException">The stream is of no use any more.</exception>
    protected abstract void OnAnswer(TResponse answer);

    /// <summary>The stream is lost, or could not be opened; the next attempt follows after <paramref name="wait"/>.</summary>
    protected abstract void OnLost(ConcordException reason, TimeSpan wait);

    /// <summary>Collect what is due.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public virtual async ValueTask DisposeAsync()
    {
        Task running;
        lock (Gate)
        {
            _disposed = true;
            _stop?.Cancel();
            running = _running;
        }

        await running.ConfigureAwait(false);
        await _alarm.DisposeAsync().ConfigureAwait(false);
    }

    protected void Start_NeedsGate()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(ConcordClient));
        if (_stop is null)
        {
            _stop = new CancellationTokenSource();
            var stop = _stop.Token;
            _running = Task.Run(() => RunAsync(stop), CancellationToken.None);
        }

        Wake();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var at = _invoker.Ring.CurrentIndex;
            var lost = await FollowAsync(at, () => failures = 0, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                return;
            failures++;

            // Of a token that has run out no endpoint is to blame.
            if (lost is not ConcordServerException { IsTokenRefusal: true })
                _invoker.Ring.MoveOnFrom(at);
            TimeSpan most;
            lock (Gate)
            {
                if (!HasUsers_NeedsGate)
                {
                    // The next user opens it again.
                    _stop = null;
                    return;
                }

                most = WaitMax_NeedsGate;
            }

            var wait = Backoff.Wait(failures, _invoker.Ring.Count, TimeSpan.FromTicks(Math.Min(_options.BackoffMin.Ticks, most.Ticks)), most);
            // One warning per outage; the attempts of a long night are for those who look closer.
            ClientLog.KeptStreamLost(_log, failures == 1 ? LogLevel.Warning : LogLevel.Debug, Name, CallErrors.Name(_invoker.Ring[at]), lost.Message, wait);
            OnLost(lost, wait);
            await Task.Delay(wait, Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Opens the stream at one endpoint and follows it until it ends. Returns why it ended; never throws.</summary>
    private async Task<ConcordException> FollowAsync(int at, Action onAnswer, CancellationToken stop)
    {
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(silence.Token);
        using var farewell = stop.Register(() => end.CancelAfter(FarewellMax));
        var writing = Task.CompletedTask;
        var endpoint = _invoker.Ring[at];
        var token = _invoker.Channels.Tokens?.Version ?? 0;
        try
        {
            lock (Gate)
                Begin_NeedsGate();
            using var call = Open(_invoker.Channels[at], new CallOptions(RequireLeader, cancellationToken: end.Token));
            writing = WriteAsync(call.RequestStream, silence, end, stop);
            while (await call.ResponseStream.MoveNext(end.Token).ConfigureAwait(false))
            {
                // Whoever acts on the answer finds that it has ended the wait.
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
                onAnswer();
                OnAnswer(call.ResponseStream.Current);
                lock (Gate)
                    silence.CancelAfter(Patience_NeedsGate());
            }

            return new ConcordUnavailableException($"{CallErrors.Name(endpoint)} ended the stream.");
        }
        catch (Exception error) when (silence.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return new ConcordUnavailableException($"{CallErrors.Name(endpoint)} gave no answer in time.", error);
        }
        catch (RpcException error)
        {
            if (TokenSource.IsRefusal(error))
                _invoker.Channels.Tokens?.Invalidate(token);
            return _invoker.Translate(error, at, stop) as ConcordException ?? new ConcordUnavailableException("The client stopped.", error);
        }
        catch (ConcordServerException error) when (error.IsTokenRefusal)
        {
            _invoker.Channels.Tokens?.Invalidate(token);
            return error;
        }
        catch (ConcordException error)
        {
            return error;
        }
        catch (OperationCanceledException error)
        {
            return new ConcordUnavailableException("The client stopped.", error);
        }
        catch (Exception error)
        {
            ClientLog.KeptStreamFault(_log, error, Name);
            return new ConcordUnavailableException($"A fault of the client ended the stream: {error.Message}", error);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    /// <summary>Tells the server what is due, whenever woken, until the stream ends. Never throws.</summary>
    private async Task WriteAsync(IClientStreamWriter<TRequest> stream, CancellationTokenSource silence, CancellationTokenSource end, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(end.Token, stop);
        var due = new List<TRequest>();
        try
        {
            do
            {
                lock (Gate)
                {
                    var next = TakeDue_NeedsGate(due);
                    _alarm.Change(next < AlarmMax ? next : AlarmMax, Timeout.InfiniteTimeSpan);
                    if (due.Count > 0)
                        silence.CancelAfter(Patience_NeedsGate());
                }

                foreach (var request in due)
                    await stream.WriteAsync(request, end.Token).ConfigureAwait(false);
                due.Clear();
            }
            while (await _wake.Reader.WaitToReadAsync(waiting.Token).ConfigureAwait(false) && _wake.Reader.TryRead(out _));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !end.IsCancellationRequested)
        {
            await FarewellAsync(stream).ConfigureAwait(false);
        }
        catch (Exception error) when (end.IsCancellationRequested || error is RpcException or InvalidOperationException)
        {
            // The stream is over; its reader learns why and says so.
        }
        catch (Exception error)
        {
            ClientLog.KeptStreamFault(_log, error, Name);
            await end.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task FarewellAsync(IClientStreamWriter<TRequest> stream)
    {
        try
        {
            await stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException or OperationCanceledException)
        {
            // It has broken meanwhile, which ends it as well.
        }
    }
}
