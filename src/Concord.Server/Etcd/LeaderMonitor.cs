using Concord.Server.Replica;

namespace Concord.Server.Etcd;

/// <summary>
/// Tells the streams that asked for a leader ("hasleader") when this member has known none for too long, with one timer
/// for all of them.
/// </summary>
internal sealed class LeaderMonitor(LocalReplica replica, EtcdLimits limits) : BackgroundService
{
    /// <summary>How many looks the allowed absence is divided in: enough to tell an election from an outage.</summary>
    private const int LooksPerAbsence = 3;

    private CancellationTokenSource _lost = new();

    /// <summary>Cancelled when the leader has been away for too long; ask anew for each stream.</summary>
    public CancellationToken Lost => Volatile.Read(ref _lost).Token;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(limits.LeaderAbsenceMax / LooksPerAbsence, replica.Time);
        var looksWithout = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            looksWithout = replica.Status.LeaderId == 0 ? looksWithout + 1 : 0;
            if (looksWithout == LooksPerAbsence)
            {
                await Interlocked.Exchange(ref _lost, new CancellationTokenSource()).CancelAsync().ConfigureAwait(false);
            }
        }
    }
}
