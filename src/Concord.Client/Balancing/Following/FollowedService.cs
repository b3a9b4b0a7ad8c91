using Concord.Client.Connection;
using Concord.Client.Registry;
using Concord.Client.Routing;
using Microsoft.Extensions.Logging;

namespace Concord.Client.Balancing.Following;

/// <summary>
/// Follows one service and feeds the pools that call it. What was seen last stays true for as long as no server is there: the pools go on,
/// and find out by themselves who does not answer. It never fails; a server that refuses is asked again.
/// </summary>
internal sealed class FollowedService : IAsyncDisposable
{
    /// <summary>A rolling restart is dozens of changes; one write covers what comes within this time.</summary>
    private static readonly TimeSpan SaveDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _service;
    private readonly Func<InstanceFilter, CancellationToken, IAsyncEnumerable<ServiceWatchEvent>> _watch;
    private readonly ConcordClientOptions _options;
    private readonly InstanceCacheFile? _cache;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<PoolTarget, (EndpointPool Pool, Task Ready)> _pools = [];
    private readonly List<EndpointPool> _fed = [];
    private readonly Func<RouteRulesFollower>? _follow;
    private readonly ITimer _save;
    private readonly Task _running;
    private ServiceView? _view;
    private ServiceView? _unsaved;
    private RouteRulesFollower? _rules;

    public FollowedService(
        string service,
        Func<InstanceFilter, CancellationToken, IAsyncEnumerable<ServiceWatchEvent>> watch,
        ConcordClientOptions options,
        string? cacheDirectory,
        Func<RouteRulesFollower>? follow = null)
    {
        _service = service;
        _follow = follow;
        _watch = watch;
        _options = options;
        _log = options.LoggerFactory.CreateLogger("Concord.Balancing");
        _save = options.TimeProvider.CreateTimer(_ => Save(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (cacheDirectory is not null)
        {
            _cache = new InstanceCacheFile(cacheDirectory, service, _log);
            if (_cache.TryLoad(out _view))
                FollowingLog.Loaded(_log, service, _view.Instances.Count, _cache.Path);
        }

        _running = Task.Run(RunAsync);
    }

    /// <summary>
    /// The pool for this target, made on first use, with the rules of the service or with its own; and what completes when it is known who is there and by which
    /// rules it goes.
    /// </summary>
    public (EndpointPool Pool, Task Ready) Pool(PoolTarget target, Func<EndpointPoolOptions> options, string region)
    {
        lock (_gate)
        {
            if (_pools.TryGetValue(target, out var known))
                return known;
            var made = options();
            var rules = Task.CompletedTask;
            // It hears of changes until the rules are disposed of, which is together with the pools.
            if (made.Routing is null && _follow is not null)
            {
                made = made with { Routing = new RuleRouting(_rules ??= _follow(), new CallerPlace(made.Zone, region)) };
                rules = _rules.Ready;
            }

            var pool = new EndpointPool(target.Service, made);
            _pools.Add(target, known = (pool, Task.WhenAll(pool.Filled, rules)));
            if (_view is not null)
                pool.Update(_view);
            return known;
        }
    }

    /// <summary>Counts somebody else's pool in; <see cref="Fill"/> tells it what is known.</summary>
    public void Join(EndpointPool pool)
    {
        lock (_gate)
            _fed.Add(pool);
    }

    public void Fill(EndpointPool pool)
    {
        lock (_gate)
        {
            if (_view is not null)
                pool.Update(_view);
        }
    }

    /// <summary>True if nobody is left.</summary>
    public bool Leave(EndpointPool pool)
    {
        lock (_gate)
            return _fed.Remove(pool) && _fed.Count == 0 && _pools.Count == 0;
    }

    public IReadOnlyList<PoolStatus> GetStatus()
    {
        lock (_gate)
            return [.. _pools.Values.Select(one => one.Pool).Concat(_fed).Select(pool => pool.GetStatus())];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _save.DisposeAsync().ConfigureAwait(false);
        Save();
        RouteRulesFollower? rules;
        lock (_gate)
        {
            foreach (var (pool, _) in _pools.Values)
                pool.Dispose();
            rules = _rules;
        }

        if (rules is not null)
            await rules.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var news in _watch(InstanceFilter.Of(_service), _stop.Token).ConfigureAwait(false))
                {
                    switch (news)
                    {
                        case ServiceWatchEvent.Full full:
                            failures = 0;
                            Take(full.View);
                            break;
                        case ServiceWatchEvent.Changed changed:
                            Take(changed.View);
                            break;
                        case ServiceWatchEvent.Interrupted interrupted:
                            FollowingLog.Interrupted(_log, failures++ == 0 ? LogLevel.Information : LogLevel.Debug, _service, interrupted.Reason.Message);
                            break;
                    }
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (ConcordException error)
            {
                // A missing right may be given; the first refusal is loud, its repetitions are not.
                FollowingLog.Refused(_log, failures == 0 ? LogLevel.Warning : LogLevel.Debug, _service, error.Message);
            }
            catch (Exception error)
            {
                FollowingLog.Fault(_log, error, _service);
            }

            var wait = Backoff.Wait(++failures, 1, _options.BackoffMin, _options.BackoffMax);
            await Task.Delay(wait, _options.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(ServiceView view)
    {
        List<EndpointPool> pools;
        lock (_gate)
        {
            _view = view;
            pools = [.. _pools.Values.Select(one => one.Pool), .. _fed];
            // Nothing can be done with a file that says that nobody is there.
            if (_cache is not null && view.Instances.Count > 0)
            {
                if (_unsaved is null)
                    _save.Change(SaveDelay, Timeout.InfiniteTimeSpan);
                _unsaved = view;
            }
        }

        foreach (var pool in pools)
            pool.Update(view);
    }

    private void Save()
    {
        ServiceView? view;
        lock (_gate)
        {
            view = _unsaved;
            _unsaved = null;
        }

        if (view is not null)
            _cache!.Save(view);
    }
}
