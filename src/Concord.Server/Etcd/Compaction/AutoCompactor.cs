using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Cluster;
using Concord.Server.Replica;

namespace Concord.Server.Etcd.Compaction;

/// <summary>
/// Compacts history by itself, as <c>--auto-compaction-mode</c> and <c>--auto-compaction-retention</c> say. Every member follows the revision, so
/// that a new leader goes on where the old one was; only the leader compacts.
/// </summary>
internal sealed class AutoCompactor(LocalReplica replica, ServerOptions options, ILogger<AutoCompactor> logger) : BackgroundService
{
    private readonly CompactionLog _log = new(logger);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (AutoCompaction.Parse(options.AutoCompactionMode, options.AutoCompactionRetention, out var compaction) is { } problem)
        {
            throw new InvalidOperationException($"The options were not checked: --auto-compaction-retention: {problem}.");
        }

        if (!compaction.IsOff)
        {
            await RunAsync(PolicyOf(compaction), stoppingToken).ConfigureAwait(false);
        }
    }

    private static CompactionPolicy PolicyOf(AutoCompaction compaction) =>
        compaction.Revisions > 0 ? new RevisionPolicy(compaction.Revisions) : new PeriodicPolicy(compaction.Period);

    private async Task RunAsync(CompactionPolicy policy, CancellationToken stop)
    {
        var started = replica.Time.GetTimestamp();
        using var timer = new PeriodicTimer(policy.Interval, replica.Time);
        policy.Look(replica.View.Revision);
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
        {
            await CompactAsync(policy, started, stop).ConfigureAwait(false);
            policy.Look(replica.View.Revision);
        }
    }

    private async Task CompactAsync(CompactionPolicy policy, long started, CancellationToken stop)
    {
        var status = replica.Status;
        if (status.LeaderId != status.MemberId || policy.Due(replica.Time.GetElapsedTime(started), replica.View.Revision) is not { } revision)
        {
            return;
        }

        try
        {
            // Without checks of access there is nobody to name, and members of versions before them read the command.
            var caller = replica.View.Auth.IsEnabled ? Caller.Server : null;
            var result = await replica.ProposeAsync(new CompactCommand(revision) { Caller = caller }, stop).ConfigureAwait(false);
            policy.Done(replica.Time.GetElapsedTime(started), revision);
            if (result.IsOk)
            {
                _log.Compacted(revision);
            }
        }
        catch (ReplicaException error)
        {
            _log.CannotCompact(revision, error.Message);
        }
    }
}
