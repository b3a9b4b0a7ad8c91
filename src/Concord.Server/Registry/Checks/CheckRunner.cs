using Concord.Checks;
using Concord.Mvcc;
using Concord.Server.Registry.Expiry;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Planning;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Records;
using Concord.Server.Replica;

namespace Concord.Server.Registry.Checks;

/// <summary>
/// Runs this member's share of the health checks that are the servers'. Members that do are in the store, each on a lease of its own; when one dies its
/// lease ends, and the others take its instances over. As long as nothing is to be checked nothing is written. What agents run it leaves
/// to them.
/// </summary>
internal sealed class CheckRunner(
    RegistryStore store, RegistrySignals signals, CheckBoard board, HealthProbes probes, TimeProvider time, ILogger<CheckRunner> logger, HostWatch? hosts = null, RegistryMetrics? metrics = null)
    : BackgroundService
{
    /// <summary>How long the instances of a member that died are not checked, at most and about.</summary>
    private const int PresenceTtlSeconds = 5;

    /// <summary>Three renewals of the presence within its time.</summary>
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(PresenceTtlSeconds / 3.0);

    private readonly RegistryLog _log = new(logger);
    private readonly RegistryDesk _desk = new(store, time);
    private readonly CheckHosts _hosts = new(hosts, time);
    private readonly CheckPace _pace = new(time, new RegistryLog(logger).ChecksFailed);
    private readonly Dictionary<(string Service, string Id), (BoardEntry Entry, CancellationTokenSource Stop)> _running = [];
    private Dictionary<(string Service, string Id), BoardEntry> _checked = [];
    private IReadOnlyList<string> _members = [];
    private LeaseId _presence;
    private bool _scans = true;

    /// <summary>Instances that this member looks at.</summary>
    internal int RunningCount => _running.Count;

    public override void Dispose()
    {
        _pace.Dispose();
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
        var isOther = _hosts.Refresh() || _scans;
        if (_scans)
        {
            board.Set(state.InstancesFrom(""));
        }
        else
        {
            foreach (var (service, id) in changed)
            {
                isOther |= board.Note(service, id, state.Instance(service, id));
            }
        }

        if (isOther)
        {
            var all = board.Entries();
            _hosts.Forget(all.Select(static one => one.Value.Node).OfType<string>().ToHashSet());
            _checked = all.Where(one => _hosts.AreServers(one.Value.Node)).ToDictionary();
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
            if (own.GetValueOrDefault(key) != running.Entry)
            {
                Stop(key);
            }
        }

        foreach (var (key, entry) in own)
        {
            if (!_running.ContainsKey(key))
            {
                var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
                var count = new CheckCount(entry.Check);
                _running.Add(key, (entry, ending));
                _ = _pace.RunAsync(entry.Check, cancel => probes.RunAsync(entry.Check, cancel), (found, cancel) => TakeAsync(key.Service, key.Id, entry, count, found, cancel), ending.Token);
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

    private async Task TakeAsync(string service, string id, BoardEntry entry, CheckCount count, ProbeResult found, CancellationToken stop)
    {
        metrics?.Looked((HealthCheckKind)entry.Check.Kind, InstanceStates.Of(found.State));
        if (store.State().Instance(service, id) is not { } known || known.Record.Generation != entry.Generation)
        {
            return;
        }

        if (count.Next(known.Record.State == InstanceState.Critical, found.State) is not { } state)
        {
            return;
        }

        // Nothing new, or nothing that a look could know better: nothing is written.
        var next = InstanceStates.Of(state);
        if (next == known.Record.State || known.Record.State == InstanceState.Draining || (next != InstanceState.Critical && _hosts.IsDead(entry.Node)))
        {
            return;
        }

        try
        {
            if (await _desk.CheckedAsync(service, id, entry.Generation, next, found.Reason, stop) is not null)
            {
                metrics?.Turned((HealthCheckKind)entry.Check.Kind, next);
                _log.Checked(service, id, next.Word(), found.Reason);
            }
        }
        catch (Exception e) when (e is ReplicaException or RegistryException)
        {
            _log.ResultNotWritten(e, service, id);
        }
    }
}
