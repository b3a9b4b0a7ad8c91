using Concord.Client.Balancing.Health;
using Concord.Client.Balancing.Routing;
using Concord.Client.Registry;
using Microsoft.Extensions.Logging;

namespace Concord.Client.Balancing;

/// <summary>
/// The instances of one service as one caller uses them. It is told the registry's view and every call's end, and says for each call where it
/// goes: instances that are draining, in maintenance or critical are left out, those whose calls fail are ejected for a while, those that are
/// new come in slowly; a routing policy splits and ranks, a balancing policy chooses.
/// </summary>
/// <remarks>
/// A pick takes no lock and allocates nothing: it reads one immutable table. The table is made anew, under a lock, when the view, an ejection, a ramp
/// or a route changes. The pool does not ask the registry; <see cref="Following.ServiceDirectory"/> does and feeds it.
/// </remarks>
public sealed class EndpointPool : IDisposable
{
    /// <summary>Between two looks at ejections that end and at slow starts. Both are measured in tens of seconds.</summary>
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    /// <summary>The registry's own default, for views without a summary.</summary>
    private const int PanicPercentDefault = 30;

    private readonly Lock _gate = new();
    private readonly EndpointPoolOptions _options;
    private readonly IBalancingPolicy _policy;
    private readonly RouteBuilder _builder;
    private readonly BalancingRandom _random;
    private readonly ILogger _log;
    private readonly long _origin;
    private readonly ITimer _timer;
    private readonly Dictionary<InstanceKey, PoolEndpoint> _endpoints = [];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RouteTable _table = RouteTable.Empty;
    private ServiceView? _view;
    private ServiceView? _held;
    private TimeSpan _heldUntil;
    private TimeSpan _nextSweep;
    private bool _disposed;

    /// <exception cref="ArgumentException">An option cannot work; the message names all that cannot.</exception>
    public EndpointPool(string service, EndpointPoolOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        Service = service;
        _options = options ?? new();
        _options.Validate();
        _policy = _options.CreatePolicy();
        _builder = new RouteBuilder(_policy, _options);
        _random = _options.Seed is { } seed ? new(StableHash.Mix(seed)) : new();
        _log = _options.LoggerFactory.CreateLogger("Concord.Balancing");
        _origin = _options.TimeProvider.GetTimestamp();
        _nextSweep = _options.Outliers.Interval;
        RetryBudget = new RetryBudget(_options.RetryBudget, () => Now);
        if (_options.Routing is { } routing)
            routing.Changed += OnRoutingChanged;
        _timer = _options.TimeProvider.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
    }

    /// <summary>Raised when <see cref="Endpoints"/> or <see cref="Callable"/> are others than before. On the thread that brought the news.</summary>
    public event Action? Changed;

    public string Service { get; }

    /// <summary>All endpoints that calls may go to, the ejected ones too, and the critical ones.</summary>
    public IReadOnlyList<PoolEndpoint> Endpoints => Volatile.Read(ref _table).Candidates;

    /// <summary>Those that calls go to at present, by health and route.</summary>
    public IReadOnlyList<PoolEndpoint> Callable => Volatile.Read(ref _table).Callable;

    /// <summary>What splits and ranks the instances; null: nothing does.</summary>
    public IRoutingPolicy? Routing => _options.Routing;

    /// <summary>For whoever calls again, or twice.</summary>
    public RetryBudget RetryBudget { get; }

    /// <summary>Completes when the pool has been told a view for the first time, be it without instances.</summary>
    public Task Filled => _filled.Task;

    /// <summary>The time since the pool began.</summary>
    private TimeSpan Now => _options.TimeProvider.GetElapsedTime(_origin);

    /// <summary>Chooses the endpoint for a call. False if there is none that may be called.</summary>
    public bool TryPick(in SelectionContext context, out EndpointPick pick)
    {
        var now = Now;
        if (Volatile.Read(ref _table).Select(context with { Now = now }, _random) is { } endpoint)
        {
            pick = Begin(endpoint, now);
            return true;
        }

        pick = default;
        return false;
    }

    /// <summary>Chooses without calling: for callers who may have to choose otherwise, and then <see cref="Begin(PoolEndpoint)"/>. Null if there is none.</summary>
    public PoolEndpoint? Peek(in SelectionContext context) => Volatile.Read(ref _table).Select(context with { Now = Now }, _random);

    /// <summary>A call goes to this endpoint.</summary>
    public EndpointPick Begin(PoolEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Begin(endpoint, Now);
    }

    private EndpointPick Begin(PoolEndpoint endpoint, TimeSpan now)
    {
        endpoint.Enter();
        _policy.Started(endpoint);
        return new EndpointPick(this, endpoint, now);
    }

    internal void Complete(PoolEndpoint endpoint, TimeSpan started, CallOutcome outcome)
    {
        endpoint.Leave();
        var now = Now;
        var latency = now - started;
        _policy.Completed(endpoint, latency, outcome, now);
        var isFailure = outcome is CallOutcome.Failure or CallOutcome.ConnectionFailure;
        if (outcome == CallOutcome.Abandoned)
        {
            if (latency < _options.Outliers.AbandonedAfter)
                return;
            isFailure = true;
        }

        if (endpoint.Health.Count(isFailure, outcome == CallOutcome.ConnectionFailure, _options.Outliers) is { } reason && !endpoint.IsEjected)
            Eject(endpoint, reason);
    }

    /// <summary>Takes the registry's view of the service; other services in it are passed over.</summary>
    public void Update(ServiceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var before = Volatile.Read(ref _table);
        lock (_gate)
        {
            if (_disposed)
                return;
            if (view.Instances.Any(one => one.Service == Service) || !Holds_NeedsGate(view))
            {
                _held = null;
                Apply_NeedsGate(view);
            }
        }

        _filled.TrySetResult();
        AnnounceSince(before);
    }

    /// <summary>How it does at this moment.</summary>
    public PoolStatus GetStatus()
    {
        lock (_gate)
        {
            var now = Now;
            return new(Service, _policy.Name, _table.Healthy, _table.IsPanic, _held is not null, [.. _table.Candidates.Select(one => new EndpointStatus(
                one.Instance.Id, one.Uri, one.Instance.Zone, one.Instance.Weight, one.Instance.State, one.IsEjected, one.Active,
                Ramp(one, now), TimeSpan.FromSeconds(one.LatencySeconds(now, Policies.PeakEwmaPolicy.DecayDefault))))]);
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        if (_options.Routing is { } routing)
            routing.Changed -= OnRoutingChanged;
        _timer.Dispose();
        _filled.TrySetResult();
    }

    /// <summary>What happens by time alone: ejections and slow starts end, success rates are compared, an empty view is believed.</summary>
    private void Tick()
    {
        var before = Volatile.Read(ref _table);
        lock (_gate)
        {
            if (_disposed)
                return;
            var now = Now;
            var rebuild = false;
            foreach (var endpoint in _table.Candidates)
            {
                var health = endpoint.Health;
                if (health.IsEjected && now >= health.EjectedUntil)
                {
                    Return_NeedsGate(endpoint, now);
                    rebuild = true;
                }
                else if (health.RampSince is { } since)
                {
                    rebuild = true;
                    if (now - since >= _options.SlowStart.Window)
                        health.RampSince = null;
                }
            }

            if (now >= _nextSweep)
            {
                _nextSweep = now + _options.Outliers.Interval;
                rebuild |= Sweep_NeedsGate(now);
            }

            if (_held is { } empty && now >= _heldUntil)
            {
                _held = null;
                Apply_NeedsGate(empty);
            }
            else if (rebuild)
            {
                Rebuild_NeedsGate(now);
            }
        }

        AnnounceSince(before);
    }

    /// <summary>True if the view lost everything at once and is not believed yet.</summary>
    private bool Holds_NeedsGate(ServiceView view)
    {
        if (_held is null && (_table.Candidates.Count == 0 || _options.EmptyGrace == TimeSpan.Zero))
            return false;
        if (_held is null)
        {
            _heldUntil = Now + _options.EmptyGrace;
            BalancingLog.EmptyHeld(_log, Service, _options.EmptyGrace);
        }

        _held = view;
        return true;
    }

    private void Apply_NeedsGate(ServiceView view)
    {
        var now = Now;
        var isFirst = _view is null;
        _view = view;
        var seen = new HashSet<InstanceKey>();
        foreach (var instance in view.Instances)
        {
            if (instance.Service != Service || !MayBeCalled(instance) || AddressOf(instance) is not { } address)
                continue;
            seen.Add(instance.Key);
            if (!_endpoints.TryGetValue(instance.Key, out var endpoint) || endpoint.Instance.Generation != instance.Generation || endpoint.Address != address)
            {
                // Another process, or the same one elsewhere: nothing that was learned holds.
                _endpoints[instance.Key] = endpoint = new PoolEndpoint(instance, address);
                if (!isFirst)
                    Begin_NeedsGate(endpoint, now);
                continue;
            }

            var wasCritical = endpoint.Instance.State == InstanceState.Critical;
            endpoint.Update(instance);
            if (wasCritical && instance.State != InstanceState.Critical)
            {
                // The registry has seen it well after it was not: that is fresher than the failures remembered here.
                if (endpoint.IsEjected)
                    Return_NeedsGate(endpoint, now);
                Begin_NeedsGate(endpoint, now);
            }
        }

        foreach (var gone in _endpoints.Keys.Where(key => !seen.Contains(key)).ToList())
            _endpoints.Remove(gone);
        Rebuild_NeedsGate(now);
    }

    /// <summary>Starting instances are not ready, draining ones take nothing new, and maintenance is an operator's word: not even panic goes over these.</summary>
    private static bool MayBeCalled(ServiceInstance instance) =>
        instance.Weight > 0 && instance.State is InstanceState.Passing or InstanceState.Warning or InstanceState.Critical;

    private ServiceEndpoint? AddressOf(ServiceInstance instance)
    {
        var named = instance.Endpoints.Where(one => _options.EndpointName is null || one.Name == _options.EndpointName);
        return _options.Schemes.Count == 0
            ? named.FirstOrDefault()
            : _options.Schemes.Select(scheme => named.FirstOrDefault(one => one.Scheme == scheme)).FirstOrDefault(one => one is not null);
    }

    private void Begin_NeedsGate(PoolEndpoint endpoint, TimeSpan now)
    {
        if (_options.SlowStart.Window > TimeSpan.Zero)
            endpoint.Health.RampSince = now;
    }

    private double Ramp(PoolEndpoint endpoint, TimeSpan now) => endpoint.Health.RampSince is { } since ? _options.SlowStart.Ramp(now - since) : 1;

    private void Return_NeedsGate(PoolEndpoint endpoint, TimeSpan now)
    {
        endpoint.Health.Return();
        Begin_NeedsGate(endpoint, now);
        BalancingLog.Returned(_log, endpoint);
    }

    private void Eject(PoolEndpoint endpoint, string reason)
    {
        var before = Volatile.Read(ref _table);
        lock (_gate)
        {
            var now = Now;
            if (!_disposed && TryEject_NeedsGate(endpoint, reason, now))
                Rebuild_NeedsGate(now);
        }

        AnnounceSince(before);
    }

    private bool TryEject_NeedsGate(PoolEndpoint endpoint, string reason, TimeSpan now)
    {
        // Alone it would only be used in panic, and one that has gone meanwhile is nobody's concern.
        var all = _table.Candidates;
        if (endpoint.IsEjected || all.Count < 2 || !all.Contains(endpoint))
            return false;
        var ejected = all.Count(one => one.IsEjected);
        if (ejected + 1 > Math.Max(1, all.Count * _options.Outliers.MaxEjectionPercent / 100))
        {
            BalancingLog.NotEjected(_log, endpoint, reason, ejected, all.Count);
            return false;
        }

        endpoint.Health.Eject(now, _options.Outliers);
        BalancingTelemetry.Ejected(Service);
        BalancingLog.Ejected(_log, endpoint, endpoint.Health.EjectedUntil - now, reason);
        return true;
    }

    private bool Sweep_NeedsGate(TimeSpan now)
    {
        var rebuild = false;
        foreach (var (endpoint, rate) in SuccessRates.Outliers(_table.Candidates, _options.Outliers))
            rebuild |= TryEject_NeedsGate(endpoint, $"{rate:P1} of its calls succeed, far fewer than those of the others", now);
        foreach (var endpoint in _table.Candidates)
        {
            if (!endpoint.IsEjected)
                endpoint.Health.Forgive();
        }

        return rebuild;
    }

    private void Rebuild_NeedsGate(TimeSpan now)
    {
        if (_view is null)
            return;
        List<PoolEndpoint> candidates = [.. _endpoints.OrderBy(one => one.Key).Select(one => one.Value)];
        var panicPercent = _options.PanicPercent ?? _view.Services.FirstOrDefault(one => one.Name == Service)?.PanicPercent ?? PanicPercentDefault;
        var before = _table;
        var after = _builder.Build(Plan(candidates), candidates, key => _endpoints.GetValueOrDefault(key), one => Ramp(one, now), panicPercent, before);
        Volatile.Write(ref _table, after);
        if (after.IsPanic && !before.IsPanic)
            BalancingLog.PanicBegins(_log, Service, after.Healthy, candidates.Count);
        else if (before.IsPanic && !after.IsPanic)
            BalancingLog.PanicEnds(_log, Service, after.Healthy, candidates.Count);
    }

    private RoutingPlan Plan(List<PoolEndpoint> candidates)
    {
        List<ServiceInstance> instances = [.. candidates.Select(one => one.Instance)];
        try
        {
            return _options.Routing?.Route(new(Service, instances, _options.Zone)) ?? RoutingPlan.Of(instances);
        }
        catch (Exception error)
        {
            BalancingLog.RoutingFailed(_log, error, Service);
            return RoutingPlan.Of(instances);
        }
    }

    private void OnRoutingChanged()
    {
        var before = Volatile.Read(ref _table);
        lock (_gate)
        {
            if (!_disposed)
                Rebuild_NeedsGate(Now);
        }

        AnnounceSince(before);
    }

    /// <summary>Outside of the lock: who listens may ask the pool.</summary>
    private void AnnounceSince(RouteTable before)
    {
        var after = Volatile.Read(ref _table);
        if (before.Candidates.SequenceEqual(after.Candidates) && before.Callable.SequenceEqual(after.Callable))
            return;
        foreach (var listener in Changed?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action)listener)();
            }
            catch (Exception error)
            {
                BalancingLog.ListenerFailed(_log, error, Service);
            }
        }
    }
}
