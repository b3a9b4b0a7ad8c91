using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;
using Concord.Server.Replica;

namespace Concord.Server.Configs.Push;

/// <summary>Follows the heads in the store and tells the hub what changed; runs the hub's senders.</summary>
internal sealed class ConfigFollower(ConfigStore store, ConfigHub hub, ILogger<ConfigFollower> logger) : BackgroundService
{
    /// <summary>Sending is copying; more senders than processors would only wait for each other.</summary>
    private static readonly int SendersMax = Math.Max(2, Environment.ProcessorCount);

    private readonly ConfigsLog _log = new(logger);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var senders = Enumerable.Range(0, SendersMax).Select(_ => Task.Run(hub.SendAsync, CancellationToken.None)).ToList();
        using var stopping = stoppingToken.Register(hub.Stop);
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
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        hub.Stop();
        hub.Dispose();
        await checking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(senders);
    }

    /// <summary>Those who lost the right to a view learn it at once, not with its next change.</summary>
    private async Task CheckAgainAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var change = store.AuthChange();
            hub.CheckAgain();
            await change.WaitAsync(cancellation);
        }
    }

    /// <summary>Until the watch ends (compaction overtook it): begins again with everything resolved anew.</summary>
    internal async Task FollowAsync(CancellationToken cancellation)
    {
        using var stream = store.OpenWatch();
        stream.Create(new(ConfigKeys.AllHeads, ProgressNotify: true));
        while (true)
        {
            switch (await stream.ReadAsync(cancellation))
            {
                case WatchNotice.Created created:
                    hub.Refresh(null, created.Revision);
                    break;
                case WatchNotice.Events events:
                    hub.Refresh(events.Changes.Select(static change => ConfigKeys.PathOfHead(change)).Select(static path => new Scope(path.Application, path.Environment)).ToHashSet(), events.Changes[^1].ModRevision);
                    break;
                case WatchNotice.Progress progress:
                    hub.Refresh(new HashSet<Scope>(), progress.Revision);
                    break;
                case WatchNotice.Canceled:
                    return;
            }
        }
    }
}
