using Concord.Client;
using Concord.Client.Balancing;
using Concord.Client.Registry;
using Concord.Client.Routing;

namespace Concord.Gateway.Backends;

/// <summary>Follows one service, its instances and its rules, for all pools over it: one watch however many routes there are.</summary>
internal sealed class ServiceFeed : IAsyncDisposable
{
    private readonly ConcordClient _client;
    private readonly string _service;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<EndpointPool> _pools = [];
    private readonly Task _running;
    private ServiceView? _view;

    public ServiceFeed(ConcordClient client, string service, string environment, IReadOnlyDictionary<string, string> labels, ILogger log)
    {
        _client = client;
        _service = service;
        _log = log;
        Rules = client.FollowRouting(service, environment, labels);
        Ready = Task.WhenAll(_first.Task, Rules.FirstAttempt);
        _running = Task.Run(RunAsync);
    }

    public RouteRulesFollower Rules { get; }

    public Task Ready { get; }

    /// <summary>How many pools there are.</summary>
    public int Users
    {
        get
        {
            lock (_gate)
                return _pools.Count;
        }
    }

    public void Add(EndpointPool pool)
    {
        lock (_gate)
        {
            _pools.Add(pool);
            if (_view is { } view)
                pool.Update(view);
        }
    }

    public void Remove(EndpointPool pool)
    {
        lock (_gate)
            _pools.Remove(pool);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await Rules.DisposeAsync().ConfigureAwait(false);
        _first.TrySetResult();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var reason = "the watch ended";
            try
            {
                await foreach (var news in _client.Registry.WatchAsync(InstanceFilter.Of(_service), _stop.Token).ConfigureAwait(false))
                    Take(news);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Refused, as when the rights are missing. What it has stays; whoever is responsible reads it in the log and in the metrics.
                reason = error.Message;
            }

            var wait = _client.Options.BackoffMax;
            GatewayLog.NotFollowed(_log, _service, wait, reason);
            await Task.Delay(wait, _client.Options.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(ServiceWatchEvent news)
    {
        switch (news)
        {
            case ServiceWatchEvent.Full full:
                GatewayLog.Following(_log, _service, full.View.Instances.Count);
                Update(full.View);
                break;
            case ServiceWatchEvent.Changed changed:
                Update(changed.View);
                break;
            case ServiceWatchEvent.Interrupted interrupted:
                GatewayLog.Interrupted(_log, _service, interrupted.Reason.Message);
                break;
        }
    }

    private void Update(ServiceView view)
    {
        lock (_gate)
        {
            _view = view;
            foreach (var pool in _pools)
                pool.Update(view);
        }

        _first.TrySetResult();
    }
}
