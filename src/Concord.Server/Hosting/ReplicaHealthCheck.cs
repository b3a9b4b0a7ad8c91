using Concord.Server.Etcd;
using Concord.Server.Replica;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Server.Hosting;

/// <summary>
/// Can this server do its work? The questions behind <c>/health</c>, <c>/livez</c>, <c>/readyz</c> and the gRPC health service;
/// each answer is null for yes, or says why not.
/// </summary>
internal sealed class ReplicaHealthCheck(LocalReplica replica) : IHealthCheck
{
    /// <summary>As etcd names the alarm.</summary>
    public const string NoSpace = "NOSPACE";

    public const string Corrupt = "CORRUPT";

    /// <summary>
    /// Longer than an election; a probe that waits for more has given up by then. A call of a client waits longer, because its
    /// caller said so.
    /// </summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    /// <summary>What the gRPC health service says: nothing that waits, as it asks again and again by itself.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Reason() is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy());

    /// <summary>This replica has stopped, and with it what it could answer.</summary>
    public string? Stopped() => replica.Failure.IsCompleted ? EtcdErrors.Stopped().Status.Detail : null;

    public bool HasLeader => replica.Status.LeaderId != 0;

    public bool IsLearner => replica.Status.IsLearner;

    /// <summary>Writes are refused for want of room: the quota's, or the disk's.</summary>
    public bool IsOutOfSpace => replica.IsOverQuota || replica.IsDiskFull;

    /// <summary>This member's data is not the others'; it has stopped for that.</summary>
    public bool IsCorrupt => replica.Failure is { IsCompletedSuccessfully: true, Result: StateDivergedException };

    /// <summary>A read of what this member has.</summary>
    public string? ReadLocally() => Stopped();

    /// <summary>A read that holds everything acknowledged before it: it takes a majority and a leader.</summary>
    public async Task<string?> ReadLinearizablyAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ReadTimeout);
        try
        {
            await replica.ReadAsync(patience.Token);
            return null;
        }
        catch (ReplicaException error)
        {
            return EtcdErrors.From(error).Status.Detail;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (HasLeader ? EtcdErrors.TimedOut() : EtcdErrors.NoLeader()).Status.Detail;
        }
    }

    private string? Reason() =>
        replica.Failure.IsCompleted ? "the replica has stopped"
        : !HasLeader ? "there is no leader"
        : replica.IsDiskFull ? "the disk is full: writes are refused, reads go on"
        : replica.IsOverQuota ? "the key space has reached its quota: writes that grow it are refused"
        : null;
}
