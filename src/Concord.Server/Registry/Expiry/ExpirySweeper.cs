using Concord.Server.Registry.Model;
using Concord.Server.Registry.Planning;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Views;
using Concord.Server.Replica;

namespace Concord.Server.Registry.Expiry;

/// <summary>
/// Acts on instances whose sign of life has ended or whose host is dead: critical first, then removed, not too many of a service at once. Any member can;
/// the one that leads does, and the plans compare what they were made from, so two that think they lead do no harm.
/// </summary>
internal sealed class ExpirySweeper(
    RegistryStore store, RegistrySignals signals, ExpiryRules rules, TimeProvider time, ILogger<ExpirySweeper> logger, HostWatch? hosts = null, RegistryMetrics? metrics = null) : BackgroundService
{
    /// <summary>Expired instances of one transaction: two comparisons each, and 128 operations are allowed.</summary>
    private const int PerTransaction = 32;

    private const string Reason = "no sign of life: its time to live is over";

    /// <summary>How often open cases are looked at, when nothing new ends.</summary>
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often all instances are looked through, for what a member that led before left undone.</summary>
    private static readonly TimeSpan ScanInterval = TimeSpan.FromSeconds(10);

    private readonly RegistryLog _log = new(logger);
    private readonly ExpiryBook _book = new(rules);
    private readonly Dictionary<string, int> _reported = [];
    private HostView _hosts = HostView.Nothing;
    private long _lastScan;
    private bool _led;

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
                return;
            }
            catch (ReplicaException e) when (e.Failure == ReplicaFailure.Stopped)
            {
                return;
            }
            catch (ReplicaException)
            {
                // No leader, or another one by now: the next round sees.
            }
            catch (Exception e)
            {
                _log.SweepFailed(e);
            }

            using var tick = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var wish = signals.Expiry.WaitToReadAsync(tick.Token).AsTask();
            await Task.WhenAny(wish, Task.Delay(TickInterval, time, tick.Token));
            await tick.CancelAsync();
            signals.Expiry.TryRead(out _);
        }
    }

    /// <summary>Looks at what has ended and what is still open; at everything now and then.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellation)
    {
        var ended = signals.TakeEnded();
        if (!store.Leads())
        {
            _led = false;
            _book.Clear();
            _reported.Clear();
            return;
        }

        var view = hosts?.Look() ?? HostView.Nothing;
        var scans = !_led || time.GetElapsedTime(_lastScan) >= ScanInterval || view.Version != _hosts.Version;
        _hosts = view;
        var services = ended.Select(static one => one.Service).Concat(_book.Open).ToHashSet();
        if (!scans && services.Count == 0)
        {
            return;
        }

        var state = await store.ReadAsync(cancellation);
        if (scans)
        {
            services.UnionWith(state.InstancesFrom("").Where(one => one.IsExpired || IsLost(one) || IsFound(one)).Select(static one => one.Service));
            (_led, _lastScan) = (true, time.GetTimestamp());
        }

        foreach (var service in services)
        {
            await SweepAsync(service, state, cancellation);
        }
    }

    private async Task SweepAsync(string service, RegistryState state, CancellationToken cancellation)
    {
        var instances = state.Instances(service);
        var verdict = _book.Judge(service, instances, IsLost, time.GetElapsedTime(0));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var part in verdict.Critical.Where(static one => !one.IsExpired).Chunk(PerTransaction))
        {
            Count(await store.TryWriteAsync(RegistryPlanner.LoseHost(part, now), cancellation), critical: part.Length);
        }

        foreach (var part in instances.Where(IsFound).Chunk(PerTransaction))
        {
            await store.TryWriteAsync(RegistryPlanner.FindHost(part, now), cancellation);
        }

        foreach (var part in verdict.Critical.Where(static one => one.IsExpired).Chunk(PerTransaction))
        {
            // One that came back in between makes the plan void; the next round sees what is left.
            Count(await store.TryWriteAsync(RegistryPlanner.Expire(part, [], Reason, now), cancellation), critical: part.Length);
        }

        foreach (var part in verdict.Gone.Chunk(PerTransaction))
        {
            Count(await store.TryWriteAsync(RegistryPlanner.Expire([], part, Reason, now), cancellation), removed: part.Length);
        }

        if (verdict.Critical.Count + verdict.Gone.Count > 0)
        {
            _log.Expired(service, verdict.Critical.Count, verdict.Gone.Count);
        }

        if (verdict.Held > 0 && _reported.GetValueOrDefault(service) != verdict.Held)
        {
            _log.Held(service, verdict.Held, instances.Count, rules.SharePercent);
        }

        _reported.Remove(service);
        if (verdict.Held > 0)
        {
            _reported.Add(service, verdict.Held);
        }
    }

    private void Count(long? written, int critical = 0, int removed = 0)
    {
        if (written is not null)
        {
            metrics?.Expired(critical, removed);
        }
    }

    /// <summary>Its host is dead. What drains is on its way anyway.</summary>
    private bool IsLost(RegistryInstance one) => one.Record is { Node: { } node, State: not InstanceState.Draining } && _hosts.Dead.Contains(node);

    /// <summary>Its host was lost and is there again, and so is its sign of life where it needs one.</summary>
    private bool IsFound(RegistryInstance one) => one is { IsExpired: false, Record: { Node: { } node, BeforeLoss: not null } } && _hosts.Alive.Contains(node);
}
