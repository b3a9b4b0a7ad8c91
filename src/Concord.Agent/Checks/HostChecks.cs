using Concord.Agent.Cache;
using Concord.Agent.Faces;
using Concord.Agent.Gossip;
using Concord.Checks;
using Concord.Client;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Agent.Checks;

/// <summary>
/// Runs the checks of the instances that were registered through this agent, in place of the servers. Which these are the servers say, and it is
/// remembered for a start while they are away. The servers leave them to the agent as long as it is in their gossip and says there that it
/// looks; so outside of a group, or before it knows its instances, it does not look.
/// </summary>
internal sealed class HostChecks : BackgroundService
{
    private const string Kind = "WatchChecks";

    /// <summary>Sign-ins in a row that do not help.</summary>
    private const int TokensMax = 3;

    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(200), RetryMax = TimeSpan.FromSeconds(5);

    /// <summary>Whoever was refused is so for a while: servers of an older version, or a right that is missing.</summary>
    private static readonly TimeSpan RetryRefused = TimeSpan.FromSeconds(30);

    /// <summary>How long a fresh list is waited for before one from disk will do.</summary>
    private static readonly TimeSpan FreshWithin = TimeSpan.FromSeconds(2);

    /// <summary>How often what changed goes to the disk.</summary>
    private static readonly TimeSpan KeepInterval = TimeSpan.FromSeconds(1);

    /// <summary>Three of the servers' signs of life may be missing.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    /// <summary>A server that does not answer a report for so long is away.</summary>
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);

    private readonly Upstream _upstream;
    private readonly AgentGossip _gossip;
    private readonly AnswerStore _store;
    private readonly TimeProvider _time;
    private readonly AgentLog _log;
    private readonly Registry.RegistryClient _servers;
    private readonly HealthProbes _ownHost, _elsewhere;
    private readonly HostChecker _checker;
    private readonly SemaphoreSlim _applying = new(1, 1);
    private bool _hasList, _isFresh;
    private volatile bool _isNews;
    private int _hidden, _beyond;
    private string _refusal = "";

    public HostChecks(AgentOptions options, Upstream upstream, AgentGossip gossip, AnswerStore store, SeenRegistrations seen, TimeProvider time, AgentLog log)
    {
        _upstream = upstream;
        _gossip = gossip;
        _store = store;
        _time = time;
        _log = log;
        _servers = new(upstream.Invoker);
        _ownHost = new(new(
            options.CheckPrivateTargets, options.CheckRedirectHosts, $"the agent {options.Name} checks there only if its --check-private-targets names the network", new OwnAddresses(time).Contains));
        _elsewhere = new(new(
            options.CheckPrivateTargets, options.CheckRedirectHosts,
            $"the agent {options.Name} checks there only what it has seen registered through it, or if its --check-private-targets names the network"));

        // Where a look may go depends on who registered the instance.
        _checker = new((one, check, stop) => (seen.Contains(one.Service, one.Id, one.Generation) ? _ownHost : _elsewhere).RunAsync(check, stop), SendAsync, time, log);
    }

    public override void Dispose()
    {
        _checker.Dispose();
        _ownHost.Dispose();
        _elsewhere.Dispose();
        _applying.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _gossip.Joined.WaitAsync(stoppingToken);

            // None ends by itself; a fault of one ends the agent, rather than a part of it.
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Task[] parts = [FollowAsync(ending.Token), KeepAsync(ending.Token), _checker.ReportAsync(ending.Token)];
            await Task.WhenAny(parts);
            await ending.CancelAsync();
            await Task.WhenAll(parts);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It stops.
        }
    }

    private async Task<ReportCheckResponse> SendAsync(ReportCheckRequest report, CancellationToken stop)
    {
        try
        {
            var answer = await _servers.ReportCheckAsync(report, new CallOptions(_upstream.Headers, DateTime.UtcNow + ReportTimeout, stop)).ResponseAsync;
            _upstream.Back();
            return answer;
        }
        catch (ConcordException error) when (Upstream.IsAway(error))
        {
            _upstream.Away(error.Message);
            throw;
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        var tokens = 0;
        for (var wait = RetryMin; !stop.IsCancellationRequested; wait = TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, RetryMax.Ticks)))
        {
            var pause = wait;
            try
            {
                using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
                using var call = _servers.WatchChecks(new(), new CallOptions(_upstream.Headers, cancellationToken: silence.Token));
                silence.CancelAfter(SilenceMax);
                WatchChecksResponse? begun = null;
                while (await call.ResponseStream.MoveNext(silence.Token))
                {
                    silence.CancelAfter(SilenceMax);
                    (wait, tokens) = (RetryMin, 0);
                    _upstream.Back();
                    _checker.ServersAreBack();
                    begun = Joined(begun, call.ResponseStream.Current);
                    if (!begun.More)
                    {
                        await TakeAsync(begun, isFresh: true, stop);
                        begun = null;
                    }
                }
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                _upstream.Away(error.Message);
            }
            catch (ConcordServerException error) when (error.IsTokenRefusal && tokens++ < TokensMax)
            {
                // It was too old; the next call signs in again.
            }
            catch (ConcordException error)
            {
                await StandBackAsync(error.Message, stop);
                pause = RetryRefused;
            }
            catch (OperationCanceledException)
            {
                // Silent for too long, or it stops.
            }

            await Task.Delay(pause, _time, stop);
        }
    }

    /// <summary>A list in several messages is one.</summary>
    private static WatchChecksResponse Joined(WatchChecksResponse? begun, WatchChecksResponse next)
    {
        if (begun is null)
        {
            return next;
        }

        begun.Set.Add(next.Set);
        begun.Removed.Add(next.Removed);
        begun.More = next.More;
        return begun;
    }

    private async Task TakeAsync(WatchChecksResponse message, bool isFresh, CancellationToken stop)
    {
        await _applying.WaitAsync(stop);
        try
        {
            if (!isFresh && _isFresh)
            {
                return;
            }

            _checker.Apply(message);
            (_hasList, _isFresh, _refusal) = (true, _isFresh || isFresh, "");
            _isNews |= message.Full || message.Set.Count + message.Removed.Count > 0;
            if (message.Full)
            {
                _log.Checking(_checker.Table.Count);
            }

            if (message.Hidden != _hidden && (_hidden = message.Hidden) > 0)
            {
                _log.ChecksHidden(_hidden);
            }

            if (_checker.Table.Beyond != _beyond && (_beyond = _checker.Table.Beyond) > 0)
            {
                _log.TooManyChecks(_checker.Table.Count + _beyond, CheckTable.InstancesMax);
            }

            await _gossip.SayChecksAsync(true);
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>The servers refuse to say what is to be looked at: they have to look themselves.</summary>
    private async Task StandBackAsync(string problem, CancellationToken stop)
    {
        await _applying.WaitAsync(stop);
        try
        {
            _checker.Apply(new() { Full = true });
            (_hasList, _isFresh) = (false, true);
            if (_refusal != problem)
            {
                _refusal = problem;
                _log.ChecksRefused(problem);
            }

            await _gossip.SayChecksAsync(false);
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>What an earlier run was told, if nothing fresh comes soon.</summary>
    private async Task OfferKnownAsync(CancellationToken stop)
    {
        await Task.Delay(FreshWithin, _time, stop);
        if (!_isFresh && _store.Recall(Kind, new WatchChecksRequest(), WatchChecksResponse.Parser) is { } known)
        {
            await TakeAsync(known, isFresh: false, stop);
        }
    }

    private async Task KeepAsync(CancellationToken stop)
    {
        await OfferKnownAsync(stop);
        while (true)
        {
            await Task.Delay(KeepInterval, _time, stop);
            if (_isNews && _hasList)
            {
                _isNews = false;
                _store.Remember(Kind, new WatchChecksRequest(), _checker.Table.Full());
            }
        }
    }
}
