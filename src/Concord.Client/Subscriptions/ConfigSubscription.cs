using System.Diagnostics;
using Concord.Client.Configs;
using Microsoft.Extensions.Logging;
using Outcome = Concord.Protocol.V1.WatchConfigRequest.Types.Outcome;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Subscriptions;

/// <summary>
/// Follows one view. <see cref="Current"/> is always a whole, accepted snapshot and is replaced in one step; readers
/// take no lock. The connection behind it is shared by all subscriptions of the client, comes back by itself and resumes
/// where it was. Nothing here throws on a background path: faults are logged and show in <see cref="State"/>.
/// </summary>
public sealed class ConfigSubscription : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ConfigStream _stream;
    private readonly ConfigSubscriptionOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<SettingsSnapshot> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answeredOrOutOfReach = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile SettingsSnapshot? _current;
    private volatile ConfigSubscriptionState _state;

    // What the server sent last, accepted or not: the base of the next delta. Written by the stream's reader only.
    private volatile SettingsSnapshot? _received;

    // Guarded by the gate.
    private long _knownRevision;
    private bool _wantsFullView;
    private int _subscribedOn;
    private bool _reportDue;
    private bool _holdReports;

    internal ConfigSubscription(
        ConfigStream stream, int number, ConfigurationView view, ConfigSubscriptionOptions options, TimeProvider time, ILogger log)
    {
        _stream = stream;
        _options = options;
        _time = time;
        _log = log;
        Number = number;
        View = view;
        _current = _received = options.Known;
        _knownRevision = options.Known?.Revision ?? 0;
        _holdReports = options.HoldReports;
        _state = new ConfigSubscriptionState { Since = time.GetUtcNow() };
    }

    public ConfigurationView View { get; }

    /// <summary>The snapshot to use; null until the first one.</summary>
    public SettingsSnapshot? Current => _current;

    /// <summary>What the server sent last; differs from <see cref="Current"/> while that is rejected.</summary>
    public SettingsSnapshot? Received => _received;

    public ConfigSubscriptionState State => _state;

    /// <summary>Completes when the server has answered once, or every endpoint has failed once. From then on waiting
    /// longer is a matter of hope.</summary>
    public Task FirstAttempt => _answeredOrOutOfReach.Task;

    /// <summary>Raised after <see cref="Current"/> has new content, on the thread that reads the stream.</summary>
    public event Action<SettingsSnapshot>? Changed;

    /// <summary>Raised after <see cref="Current"/> has the same content as before under another release, as a rollback leaves it.</summary>
    public event Action<SettingsSnapshot>? Renewed;

    /// <summary>Raised after <see cref="State"/> was replaced.</summary>
    public event Action<ConfigSubscriptionState>? StateChanged;

    internal int Number { get; }

    /// <summary>Waits for the first snapshot that the server sends; one from an earlier run does not count.</summary>
    public Task<SettingsSnapshot> WaitForServerAsync(CancellationToken cancellationToken) => _first.Task.WaitAsync(cancellationToken);

    /// <summary>Ends <see cref="ConfigSubscriptionOptions.HoldReports"/>: what became of the last snapshot is reported now.</summary>
    public void StartReporting()
    {
        lock (_gate)
        {
            if (!_holdReports)
                return;
            _holdReports = false;
            _reportDue = _received is not null;
        }

        _stream.Wake();
    }

    /// <summary>
    /// Takes back the acceptance of a snapshot: an earlier one is current again and the newer one is reported as rejected.
    /// </summary>
    /// <returns>False if the rejected snapshot is not current any more; then nothing happens.</returns>
    public bool FallBack(SettingsSnapshot rejected, SettingsSnapshot earlier, string reason)
    {
        ArgumentNullException.ThrowIfNull(rejected);
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        lock (_gate)
        {
            if (_current != rejected)
                return false;
            _current = earlier;
            _reportDue = true;
        }

        Reject(rejected, reason);
        _stream.Wake();
        return true;
    }

    /// <summary>Stops following. <see cref="Current"/> stays readable.</summary>
    public ValueTask DisposeAsync() => _stream.RemoveAsync(this);

    /// <summary>Adds what has to be told to the server on this connection.</summary>
    internal void TakeDue(int connection, V1.Instance instance, List<V1.WatchConfigRequest> due)
    {
        lock (_gate)
        {
            if (_subscribedOn != connection)
            {
                _subscribedOn = connection;
                // The answer to the subscription leads to a fresh report.
                _reportDue = false;
                due.Add(new V1.WatchConfigRequest { Subscribe = SubscribeRequest_NeedsGate(instance) });
            }
            else if (_reportDue && !_holdReports)
            {
                _reportDue = false;
                due.Add(new V1.WatchConfigRequest { Report = CurrentReport() });
            }
        }
    }

    internal void OnMessage(V1.WatchConfigResponse message, Uri endpoint)
    {
        switch (message.EventCase)
        {
            case V1.WatchConfigResponse.EventOneofCase.Full:
                OnSnapshot(SettingsSnapshot.From(message.Full), endpoint);
                break;
            case V1.WatchConfigResponse.EventOneofCase.Delta:
                OnDelta(message.Delta, endpoint);
                break;
            case V1.WatchConfigResponse.EventOneofCase.Heartbeat:
                lock (_gate)
                    _knownRevision = Math.Max(_knownRevision, message.Heartbeat.Revision);
                break;
            case V1.WatchConfigResponse.EventOneofCase.Refusal:
                OnRefused(new ConcordServerException(Grpc.Core.StatusCode.FailedPrecondition, message.Refusal.Error, inner: null));
                break;
            default:
                // A newer server may say more than this client knows.
                break;
        }
    }

    internal void OnDisconnected(Uri endpoint, string reason, bool everyEndpointFailed)
    {
        ChangeState(state => state with
        {
            Connected = false,
            Since = state.Connected ? _time.GetUtcNow() : state.Since,
            Endpoint = endpoint,
            LastError = reason,
        });
        if (everyEndpointFailed)
            _answeredOrOutOfReach.TrySetResult();
    }

    /// <summary>Asks the server again after a refusal, if nothing else did meanwhile.</summary>
    internal void AskAgain()
    {
        if (_state.Refusal is null)
            return;
        lock (_gate)
            _subscribedOn = 0;
        _stream.Wake();
    }

    private void OnDelta(V1.WatchConfigResponse.Types.Delta delta, Uri endpoint)
    {
        var known = _received;
        if (known is not null && !WantsFullView() && known.Version == delta.FromVersion)
        {
            OnSnapshot(known.With(delta), endpoint);
            return;
        }

        if (WantsFullView())
            return;
        ClientLog.DeltaDoesNotFit(_log, View, delta.FromVersion, known?.Version ?? "nothing");
        lock (_gate)
        {
            _wantsFullView = true;
            _subscribedOn = 0;
        }

        _stream.Wake();
    }

    private bool WantsFullView()
    {
        lock (_gate)
            return _wantsFullView;
    }

    private void OnSnapshot(SettingsSnapshot snapshot, Uri endpoint)
    {
        var sameContent = _received?.Version == snapshot.Version;
        _received = snapshot;
        ChangeState(state => state with
        {
            Connected = true,
            Since = state.Connected ? state.Since : _time.GetUtcNow(),
            Endpoint = endpoint,
            Refusal = null,
        });
        if (!sameContent || _current is null)
            Decide(snapshot);
        else if (_state.RejectedReason is null)
        {
            var before = _current;
            _current = snapshot;
            RaiseIfRenewed(before, snapshot);
        }
        else
            ChangeState(state => state with { RejectedRelease = snapshot.Release });
        lock (_gate)
        {
            _knownRevision = Math.Max(_knownRevision, snapshot.Revision);
            _wantsFullView = false;
            _reportDue = true;
        }

        _first.TrySetResult(snapshot);
        _answeredOrOutOfReach.TrySetResult();
        _stream.Wake();
    }

    private void Decide(SettingsSnapshot snapshot)
    {
        using var activity = ClientTelemetry.Activities.StartActivity("concord.config.apply");
        activity?.SetTag("concord.application", View.Application).SetTag("concord.environment", View.Environment)
            .SetTag("concord.release", snapshot.Release);
        var verdict = Judge(snapshot);
        if (verdict.Reason is { } reason)
        {
            Reject(snapshot, reason);
            activity?.SetStatus(ActivityStatusCode.Error, reason);
            return;
        }

        var before = _current;
        _current = snapshot;
        ChangeState(state => state with { RejectedRelease = 0, RejectedReason = null });
        ClientTelemetry.Settled(View, "applied");
        if (before?.Version == snapshot.Version)
        {
            RaiseIfRenewed(before, snapshot);
            return;
        }

        ClientLog.SnapshotApplied(_log, View, snapshot.Release, snapshot.Revision, snapshot.Settings.Count);
        foreach (var problem in snapshot.Problems)
            ClientLog.SnapshotProblem(_log, View, snapshot.Release, problem);
        Raise(Changed, snapshot);
    }

    private void RaiseIfRenewed(SettingsSnapshot before, SettingsSnapshot snapshot)
    {
        if (before.Release != snapshot.Release)
            Raise(Renewed, snapshot);
    }

    private ConfigVerdict Judge(SettingsSnapshot snapshot)
    {
        try
        {
            return _options.Judge?.Invoke(snapshot) ?? ConfigVerdict.Accepted;
        }
        catch (Exception error)
        {
            ClientLog.JudgeFailed(_log, error, View, snapshot.Release);
            return ConfigVerdict.Rejected($"{error.GetType().Name}: {error.Message}");
        }
    }

    private void Reject(SettingsSnapshot snapshot, string reason)
    {
        ClientLog.SnapshotRejected(_log, View, snapshot.Release, reason);
        ClientTelemetry.Settled(View, "rejected");
        ChangeState(state => state with { RejectedRelease = snapshot.Release, RejectedReason = reason });
    }

    private void OnRefused(ConcordServerException refusal)
    {
        // It is asked again every few seconds; the same answer is news once.
        ClientLog.SubscriptionRefused(_log, _state.Refusal?.Message == refusal.Message ? LogLevel.Debug : LogLevel.Warning, View, refusal.Message);
        ChangeState(state => state with
        {
            Connected = false,
            Since = state.Connected ? _time.GetUtcNow() : state.Since,
            LastError = refusal.Message,
            Refusal = refusal,
        });
        _answeredOrOutOfReach.TrySetResult();
        _stream.AskAgainLater(this);
    }

    private V1.WatchConfigRequest.Types.Subscribe SubscribeRequest_NeedsGate(V1.Instance instance)
    {
        var request = new V1.WatchConfigRequest.Types.Subscribe
        {
            Subscription = Number,
            View = View.ToMessage(),
            Instance = instance,
        };
        if (_received is { } known && !_wantsFullView)
        {
            request.KnownVersion = known.Version;
            request.KnownRevision = _knownRevision;
        }

        return request;
    }

    private V1.WatchConfigRequest.Types.Report CurrentReport()
    {
        var subject = _received!;
        var reason = _state.RejectedReason;
        return new V1.WatchConfigRequest.Types.Report
        {
            Subscription = Number,
            Version = subject.Version,
            Release = subject.Release,
            Outcome = reason is null ? Outcome.Applied : Outcome.Rejected,
            Reason = reason ?? "",
        };
    }

    private void ChangeState(Func<ConfigSubscriptionState, ConfigSubscriptionState> change)
    {
        ConfigSubscriptionState before, after;
        lock (_gate)
        {
            before = _state;
            after = change(before);
            _state = after;
        }

        if (after != before)
            Raise(StateChanged, after);
    }

    private void Raise<T>(Action<T>? handlers, T value)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(value);
            }
            catch (Exception error)
            {
                ClientLog.HandlerFailed(_log, error, View);
            }
        }
    }
}
