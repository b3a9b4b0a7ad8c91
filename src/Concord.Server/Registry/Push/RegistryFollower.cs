using Concord.Mvcc;
using Concord.Server.Registry.Records;
using Concord.Server.Replica;

namespace Concord.Server.Registry.Push;

/// <summary>Follows the registry's keys in the store and tells those who act on changes: the hub, the expiry, the checks.</summary>
/// <remarks>
/// A single change goes on at once. Under a stream of changes one round takes all that came within <see cref="Window"/>, so the
/// cost of resolving and encoding does not grow with their rate.
/// </remarks>
internal sealed class RegistryFollower(RegistryStore store, RegistryHub hub, RegistrySignals signals, TimeProvider time, ILogger<RegistryFollower> logger) : BackgroundService
{
    /// <summary>Rounds are at least this far apart: forty a second, and too short for a person to see.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(25);

    private readonly RegistryLog _log = new(logger);
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _some = new(0, 1);
    private HashSet<string>? _services = [];
    private long _revision;

    public override void Dispose()
    {
        _some.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = stoppingToken.Register(hub.Stop);
        var rounds = RunRoundsAsync(stoppingToken);
        var checking = CheckAgainAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
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
                // The views stay as they are until the next change is seen; the loop below catches up.
                _log.FollowFailed(e);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        hub.Stop();
        await Task.WhenAll(rounds, checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Those who lost the right to a view learn it at once, not with its next change.</summary>
    private async Task CheckAgainAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var change = store.AuthChange();
            hub.WakeAll();
            await change.WaitAsync(cancellation);
        }
    }

    /// <summary>Until the watch ends (compaction overtook it): begins again with everything resolved anew.</summary>
    private async Task FollowAsync(CancellationToken cancellation)
    {
        using var stream = store.OpenWatch();
        stream.Create(new(RegistryKeys.All, ProgressNotify: true));
        while (true)
        {
            switch (await stream.ReadAsync(cancellation))
            {
                case WatchNotice.Created created:
                    Add(null, created.Revision);
                    signals.MembershipChanged();
                    break;
                case WatchNotice.Events events:
                    Take(events.Changes);
                    break;
                case WatchNotice.Progress progress:
                    Add([], progress.Revision);
                    break;
                case WatchNotice.Canceled:
                    return;
            }
        }
    }

    private void Take(IReadOnlyList<KeyVersion> changes)
    {
        HashSet<string>? services = [];
        foreach (var change in changes)
        {
            if (RegistryKeys.IsUnder(change, "/concord/registry/beats/"u8))
            {
                var (service, id) = RegistryKeys.NameOf(change, RegistryKeys.BeatsPrefix);
                services?.Add(service);
                if (change.IsTombstone)
                {
                    signals.BeatEnded(service, id);
                }
            }
            else if (RegistryKeys.IsUnder(change, "/concord/registry/instances/"u8))
            {
                var (service, id) = RegistryKeys.NameOf(change, RegistryKeys.InstancesPrefix);
                services?.Add(service);
                signals.InstanceChanged(service, id);
            }
            else if (RegistryKeys.IsUnder(change, "/concord/registry/maintenance/instances/"u8))
            {
                services?.Add(RegistryKeys.NameOf(change, RegistryKeys.InstanceMaintenancePrefix).Service);
            }
            else if (RegistryKeys.IsUnder(change, "/concord/registry/services/"u8))
            {
                services?.Add(RegistryKeys.Tail(change, RegistryKeys.ServicesPrefix));
            }
            else if (RegistryKeys.IsUnder(change, "/concord/registry/checkers/"u8))
            {
                signals.MembershipChanged();
            }
            else
            {
                // A zone: any service may have instances there.
                services = null;
            }
        }

        Add(services, changes[^1].ModRevision);
    }

    private void Add(HashSet<string>? services, long revision)
    {
        lock (_lock)
        {
            if (services is null)
            {
                _services = null;
            }
            else
            {
                _services?.UnionWith(services);
            }

            _revision = revision;
            if (_some.CurrentCount == 0)
            {
                _some.Release();
            }
        }
    }

    private async Task RunRoundsAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _some.WaitAsync(cancellation);
            HashSet<string>? services;
            long revision;
            lock (_lock)
            {
                (services, revision) = (_services, _revision);
                _services = [];
            }

            try
            {
                hub.Refresh(services, revision);
            }
            catch (Exception e)
            {
                // What was to be refreshed is tried again with the next change, and then everything.
                _log.FollowFailed(e);
                lock (_lock)
                {
                    _services = null;
                }
            }

            await Task.Delay(Window, time, cancellation);
        }
    }
}
