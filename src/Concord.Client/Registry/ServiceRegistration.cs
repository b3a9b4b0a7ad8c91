using System.Threading.Channels;
using Concord.Client.Connection;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Registry;

/// <summary>
/// An instance that is registered as long as this object lives. It keeps itself up: gives signs of life, and takes the instance up
/// again at another server when a connection breaks. Stop or dispose it to deregister; a process that just ends is seen to be
/// critical at once and is removed when its time to live is over.
/// </summary>
/// <remarks>
/// Nothing waits in a queue on the way up. What is to be told (the instance, its newest state, its end) is known here, and the
/// writer looks whenever it is woken; so a lost connection loses nothing, and of many states the last one is sent.
/// </remarks>
public sealed class ServiceRegistration : IAsyncDisposable
{
    // Signs of life within one time to live: two may be lost.
    private const int HeartbeatsPerTtl = 3;

    private readonly EndpointRing _ring;
    private readonly ChannelSet _channels;
    private readonly FailoverInvoker _invoker;
    private readonly ConcordClientOptions _options;
    private readonly ServiceRegistrationOptions _registration;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // A wish to be woken, not a queue: one pending wish stands for all.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Task _running;
    private InstanceRegistration _instance;
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _generation;
    private int _wanted = 1;
    private int _confirmed;
    private bool _leaving;
    private bool _connected;
    private volatile bool _isRemoved;
    private Task? _stopped;

    internal ServiceRegistration(
        EndpointRing ring, ChannelSet channels, FailoverInvoker invoker, ConcordClientOptions options, InstanceRegistration instance, ServiceRegistrationOptions registration)
    {
        _ring = ring;
        _channels = channels;
        _invoker = invoker;
        _options = options;
        _instance = instance;
        _registration = registration;
        _log = options.LoggerFactory.CreateLogger("Concord.Client.Registry");
        _running = Task.Run(RunAsync);
    }

    /// <summary>What is registered, with its newest state.</summary>
    public InstanceRegistration Instance
    {
        get
        {
            lock (_gate)
                return _instance;
        }
    }

    /// <summary>What the server gave it; 0 before it is registered.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>A server holds the instance at this moment.</summary>
    public bool IsConnected => Volatile.Read(ref _connected);

    /// <summary>
    /// Completes when the registration is over: after a stop, or with the reason when the server refuses it, as when another process
    /// registers the same id.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Completes when the instance is registered for the first time; fails with the reason when it is refused.</summary>
    internal Task Registered => _registered.Task;

    /// <summary>Says how the instance does; completes when a server has taken it, or a later state.</summary>
    /// <exception cref="ConcordException">The registration is over.</exception>
    public Task SetStateAsync(InstanceState state, string reason = "", CancellationToken cancellationToken = default)
    {
        Task told;
        lock (_gate)
        {
            _instance = _instance with { State = state, Reason = reason };
            _wanted++;
            told = UntilToldAsync(_wanted);
        }

        Wake();
        return told.WaitAsync(cancellationToken);
    }

    /// <summary>Takes nothing new, and says so.</summary>
    public Task DrainAsync(string reason = "", CancellationToken cancellationToken = default) =>
        SetStateAsync(InstanceState.Draining, reason, cancellationToken);

    /// <summary>
    /// Drains, waits for the drain time, deregisters. Does not throw: if no server can be told in time, the instance ends with its
    /// time to live.
    /// </summary>
    public Task StopAsync()
    {
        lock (_gate)
            return _stopped ??= LeaveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LeaveAsync()
    {
        using var patience = new CancellationTokenSource(_options.CallTimeout, _options.TimeProvider);
        try
        {
            if (IsConnected)
            {
                if (_registration.DrainTime > TimeSpan.Zero)
                {
                    await DrainAsync(cancellationToken: patience.Token).ConfigureAwait(false);
                    await Task.WhenAny(_completion.Task, Task.Delay(_registration.DrainTime, _options.TimeProvider)).ConfigureAwait(false);
                }

                lock (_gate)
                    _leaving = true;
                Wake();
                await Task.WhenAny(_completion.Task).WaitAsync(_options.CallTimeout, _options.TimeProvider).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or TimeoutException or ConcordException)
        {
            RegistryClientLog.NotDeregistered(_log, _instance.Service, _instance.Id, error.Message);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task UntilToldAsync(int version)
    {
        while (true)
        {
            Task told;
            lock (_gate)
            {
                if (_confirmed >= version)
                    return;
                told = _told.Task;
            }

            if (await Task.WhenAny(told, _completion.Task).ConfigureAwait(false) == _completion.Task)
            {
                await _completion.Task.ConfigureAwait(false);
                throw new ConcordUnavailableException("The registration is over.");
            }
        }
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stop.IsCancellationRequested && !_isRemoved)
        {
            var at = _ring.CurrentIndex;
            var (lost, refusal) = await FollowAsync(at, () => failures = 0).ConfigureAwait(false);
            Volatile.Write(ref _connected, false);
            if (refusal is not null)
            {
                _registered.TrySetException(refusal);
                _completion.TrySetException(refusal);
                // Whether anybody looks at these is the caller's choice.
                _ = _completion.Task.Exception;
                _ = _registered.Task.Exception;
                return;
            }

            if (_stop.IsCancellationRequested || _isRemoved)
                break;
            failures++;
            _ring.MoveOnFrom(at);
            var wait = Backoff.Wait(failures, _ring.Count, _options.BackoffMin, _options.BackoffMax);
            RegistryClientLog.RegistrationLost(
                _log, failures == 1 ? LogLevel.Warning : LogLevel.Debug, _instance.Service, _instance.Id, CallErrors.Name(_ring[at]), lost, wait);
            await Task.Delay(wait, _options.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _registered.TrySetException(new ConcordUnavailableException("The registration was stopped before a server took it."));
        _ = _registered.Task.Exception;
        _completion.TrySetResult();
    }

    /// <summary>One stream until it ends: why, and whether that is the end of all. Never throws.</summary>
    private async Task<(string Lost, ConcordServerException? Refusal)> FollowAsync(int at, Action onMessage)
    {
        using var silence = new CancellationTokenSource(_options.CallTimeout, _options.TimeProvider);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, _stop.Token);
        var writing = Task.CompletedTask;
        var token = _channels.Tokens?.Version ?? 0;
        // What this stream was told last; read by the writer when it looks what is due.
        var stream = new StreamState();
        try
        {
            using var call = new V1.Registry.RegistryClient(_channels[at]).Register(cancellationToken: end.Token);
            writing = WriteAsync(call.RequestStream, stream, end);
            while (await call.ResponseStream.MoveNext(end.Token).ConfigureAwait(false))
            {
                onMessage();
                silence.CancelAfter(_registration.TimeToLive);
                if (Take(call.ResponseStream.Current, stream) is { } refusal)
                    return (refusal.Message, refusal);
            }

            return ("the server ended the stream", null);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            return ("stopped", null);
        }
        catch (Exception) when (silence.IsCancellationRequested)
        {
            return ("no sign of life", null);
        }
        catch (RpcException error)
        {
            if (TokenSource.IsRefusal(error))
                _channels.Tokens?.Invalidate(token);
            var translated = _invoker.Translate(error, at, _stop.Token);
            // Whoever may not register at all gains nothing by asking again and again.
            return (translated.Message, translated is ConcordServerException { Status: StatusCode.PermissionDenied or StatusCode.Unimplemented } final ? final : null);
        }
        catch (Exception error)
        {
            ClientLog.StreamFault(_log, error);
            return (error.Message, null);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    /// <summary>Takes an answer. Not null: the registration is over for good.</summary>
    private ConcordServerException? Take(V1.RegisterResponse message, StreamState stream)
    {
        switch (message.EventCase)
        {
            case V1.RegisterResponse.EventOneofCase.Registered:
                Volatile.Write(ref _generation, message.Registered.Generation);
                Volatile.Write(ref _connected, true);
                stream.IsRegistered = true;
                Confirm(stream);
                _registered.TrySetResult();
                Wake();
                return null;
            case V1.RegisterResponse.EventOneofCase.Taken:
                Confirm(stream);
                Wake();
                return null;
            case V1.RegisterResponse.EventOneofCase.Removed:
                _isRemoved = true;
                return null;
            case V1.RegisterResponse.EventOneofCase.Refused:
                return Refused(message.Refused, stream);
            default:
                return null;
        }
    }

    private ConcordServerException? Refused(V1.ErrorDetail error, StreamState stream)
    {
        switch (error.Code)
        {
            case "unknown_instance" or "expired" or "contention":
                // Removed by somebody, or its time was over: it lives, so it is registered anew.
                if (error.Code == "unknown_instance")
                    Volatile.Write(ref _generation, 0);
                stream.IsRegistered = false;
                stream.Sent = 0;
                Wake();
                return null;
            case "too_many_requests" or "no_leader" or "timed_out" or "connection_lost" or "leader_changed" or "disk_full" or "no_space":
                // The servers' trouble: asked again with the next sign of life.
                stream.Sent = 0;
                return null;
            default:
                return CallErrors.From(error);
        }
    }

    private void Confirm(StreamState stream)
    {
        lock (_gate)
        {
            _confirmed = Math.Max(_confirmed, stream.Sent);
            var told = _told;
            _told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            told.SetResult();
        }
    }

    /// <summary>Tells the server what is due, whenever woken, and gives signs of life. Never throws.</summary>
    private async Task WriteAsync(IClientStreamWriter<V1.RegisterRequest> requests, StreamState stream, CancellationTokenSource end)
    {
        var heartbeat = _registration.TimeToLive / HeartbeatsPerTtl;
        try
        {
            while (true)
            {
                if (TakeDue(stream) is { } due)
                {
                    await requests.WriteAsync(due, end.Token).ConfigureAwait(false);
                    if (due.RequestCase == V1.RegisterRequest.RequestOneofCase.Remove)
                    {
                        await requests.CompleteAsync().ConfigureAwait(false);
                        return;
                    }
                }

                using var pause = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
                var woken = _wake.Reader.WaitToReadAsync(pause.Token).AsTask();
                var first = await Task.WhenAny(woken, Task.Delay(heartbeat, _options.TimeProvider, pause.Token)).ConfigureAwait(false);
                await pause.CancelAsync().ConfigureAwait(false);
                end.Token.ThrowIfCancellationRequested();
                if (first == woken)
                    _wake.Reader.TryRead(out _);
                else
                    await requests.WriteAsync(new V1.RegisterRequest { Heartbeat = new() }, end.Token).ConfigureAwait(false);
            }
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

    private V1.RegisterRequest? TakeDue(StreamState stream)
    {
        lock (_gate)
        {
            if (_leaving && stream.IsRegistered)
                return new V1.RegisterRequest { Remove = new() { Service = _instance.Service, Id = _instance.Id } };
            if (stream.Sent == _wanted)
                return null;
            var isNew = !stream.IsRegistered;
            if (isNew && stream.Sent != 0)
                return null;
            stream.Sent = _wanted;
            return isNew
                ? new V1.RegisterRequest
                {
                    Put = new()
                    {
                        Instance = RegistryMapping.ToMessage(_instance),
                        Generation = Generation,
                        TtlSeconds = RegistryMapping.Seconds(_registration.TimeToLive),
                    },
                }
                : new V1.RegisterRequest
                {
                    Report = new()
                    {
                        Service = _instance.Service,
                        Id = _instance.Id,
                        State = (V1.InstanceState)(_instance.State ?? InstanceState.Passing),
                        Reason = _instance.Reason,
                    },
                };
        }
    }

    /// <summary>What one stream has been told.</summary>
    private sealed class StreamState
    {
        public volatile bool IsRegistered;

        /// <summary>The version of the instance that was sent last; 0 for none.</summary>
        public volatile int Sent;
    }
}
