using Concord.Mvcc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Planning;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Records;
using Concord.Server.Replica;

namespace Concord.Server.Registry.Checks;

/// <summary>
/// Runs this member's share of the health checks. Members that do are in the store, each on a lease of its own; when one dies its
/// lease ends, and the others take its instances over. As long as nothing is to be checked nothing is written.
/// </summary>
internal sealed class CheckRunner(RegistryStore store, RegistrySignals signals, HealthProbes probes, TimeProvider time, ILogger<CheckRunner> logger, RegistryMetrics? metrics = null) : BackgroundService
{
    /// <summary>How long the instances of a member that died are not checked, at most and about.</summary>
    private const int PresenceTtlSeconds = 5;

    /// <summary>Looks under way at once: each is a socket.</summary>
    private const int LooksMax = 128;

    /// <summary>Three renewals of the presence within its time.</summary>
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(PresenceTtlSeconds / 3.0);

    private readonly RegistryLog _log = new(logger);
    private readonly RegistryDesk _desk = new(store, time);
    private readonly SemaphoreSlim _looks = new(LooksMax, LooksMax);
    private readonly Dictionary<(string Service, string Id), (long Generation, HealthCheck Check)> _checked = [];
    private readonly Dictionary<(string Service, string Id), (long Generation, HealthCheck Check, CancellationTokenSource Stop)> _running = [];
    private IReadOnlyList<string> _members = [];
    private LeaseId _presence;
    private bool _scans = true;

    /// <summary>Instances that this member looks at.</summary>
    internal int RunningCount => _running.Count;

    public override void Dispose()
    {
        _looks.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (ReplicaException e) when (e.Failure == ReplicaFailure.Stopped)
            {
                break;
            }
            catch (Exception e)
            {
                // What was taken from the signals is not known to be done: everything is looked through next time.
                _scans = true;
                if (e is not ReplicaException)
                {
                    _log.ChecksFailed(e);
                }
            }

            using var tick = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var wish = signals.Checks.WaitToReadAsync(tick.Token).AsTask();
            await Task.WhenAny(wish, Task.Delay(TickInterval, time, tick.Token));
            await tick.CancelAsync();
            signals.Checks.TryRead(out _);
        }

        foreach (var key in _running.Keys.ToList())
        {
            Stop(key);
        }
    }

    private async Task RunOnceAsync(CancellationToken stop)
    {
        var (membership, changed) = signals.TakeChanged();
        _scans |= membership;
        var state = store.State();
        var isOther = _scans;
        if (_scans)
        {
            _checked.Clear();
            foreach (var one in state.InstancesFrom(""))
            {
                Note(one.Service, one.Id, one);
            }
        }
        else
        {
            foreach (var (service, id) in changed)
            {
                isOther |= Note(service, id, state.Instance(service, id));
            }
        }

        _scans = false;
        await AnnounceAsync(stop);
        var members = store.State().Checkers();
        if (isOther || !members.SequenceEqual(_members))
        {
            _members = members;
            Share(members, stop);
        }
    }

    /// <summary>True if what is to be checked has changed.</summary>
    private bool Note(string service, string id, RegistryInstance? one)
    {
        if (one?.Record is { Persistent: true, Check: { IsRunByServers: true } check } record)
        {
            var known = _checked.TryGetValue((service, id), out var before) && before == (record.Generation, check);
            _checked[(service, id)] = (record.Generation, check);
            return !known;
        }

        return _checked.Remove((service, id));
    }

    /// <summary>Says that this member runs checks, as long as there are any.</summary>
    private async Task AnnounceAsync(CancellationToken cancellation)
    {
        if (_checked.Count == 0)
        {
            if (!_presence.IsNone)
            {
                await store.RevokeAsync(_presence, cancellation);
                _presence = LeaseId.None;
            }

            return;
        }

        if (!_presence.IsNone && await store.KeepAlive(_presence, cancellation) > 0 && store.View().LeaseKeys(_presence).Count > 0)
        {
            return;
        }

        var lease = await store.GrantAsync(PresenceTtlSeconds, cancellation);
        await store.TryWriteAsync(RegistryPlan.Of([], [new PutOperation(RegistryKeys.Checker(store.Member()), default) { Lease = lease }], []), cancellation);
        _presence = lease;
    }

    /// <summary>Begins to look at what is this member's now, and stops with what is not.</summary>
    private void Share(IReadOnlyList<string> members, CancellationToken stop)
    {
        var own = _checked.Where(one => CheckShare.Of(one.Key.Service, one.Key.Id, members) == store.Member()).ToDictionary();
        foreach (var (key, running) in _running.ToList())
        {
            if (!own.TryGetValue(key, out var wanted) || wanted.Generation != running.Generation || wanted.Check != running.Check)
            {
                Stop(key);
            }
        }

        foreach (var (key, wanted) in own)
        {
            if (!_running.ContainsKey(key))
            {
                var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
                _running.Add(key, (wanted.Generation, wanted.Check, ending));
                _ = LookAgainAndAgainAsync(key.Service, key.Id, wanted.Generation, wanted.Check, ending.Token);
            }
        }
    }

    private void Stop((string Service, string Id) key)
    {
        if (_running.Remove(key, out var running))
        {
            running.Stop.Cancel();
            running.Stop.Dispose();
        }
    }

    private async Task LookAgainAndAgainAsync(string service, string id, long generation, HealthCheck check, CancellationToken stop)
    {
        try
        {
            var count = new CheckCount(check);
            var interval = TimeSpan.FromMilliseconds(check.IntervalMs);

            // Instances that were registered together, or taken over together, are not looked at together.
            await Task.Delay(interval * (Random.Shared.NextDouble() / 2), time, stop);
            while (true)
            {
                try
                {
                    await LookAsync(service, id, generation, check, count, stop);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A fault of ours in one look must not end the looking.
                    _log.ChecksFailed(e);
                }

                await Task.Delay(interval * (0.9 + (Random.Shared.NextDouble() / 5)), time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Another member's, or gone.
        }
    }

    private async Task LookAsync(string service, string id, long generation, HealthCheck check, CheckCount count, CancellationToken stop)
    {
        ProbeResult found;
        await _looks.WaitAsync(stop);
        try
        {
            found = await probes.RunAsync(check, stop);
            metrics?.Looked(check.Kind, found.State);
        }
        finally
        {
            _looks.Release();
        }

        if (store.State().Instance(service, id) is not { } known || known.Record.Generation != generation)
        {
            return;
        }

        var next = count.Next(known.Record.State, found.State);
        if (next == known.Record.State || known.Record.State == InstanceState.Draining)
        {
            // Nothing new: nothing is written.
            return;
        }

        try
        {
            if (await _desk.ReportAsync(service, id, generation, next, found.Reason, stop) is not null)
            {
                metrics?.Turned(check.Kind, next);
                _log.Checked(service, id, next.Word(), found.Reason);
            }
        }
        catch (Exception e) when (e is ReplicaException or RegistryException)
        {
            _log.ResultNotWritten(e, service, id);
        }
    }
}
