using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>What calls that wait (for a lock, for leadership) have in common.</summary>
internal static class CoordinationCall
{
    /// <summary>The lease of callers that bring none, in seconds. Nobody keeps it alive.</summary>
    private const long OwnLeaseSeconds = 60;

    /// <summary>Time to leave the queue after a failed wait, so that a dead caller does not hold up those behind it.</summary>
    private static readonly TimeSpan LeaveTimeMax = TimeSpan.FromSeconds(5);

    public static async ValueTask<LeaseId> LeaseAsync(EtcdStore store, Caller? caller, long lease, CancellationToken cancellation)
    {
        if (lease != 0)
        {
            return new LeaseId(lease);
        }

        var (granted, _, _) = await LeaseService.GrantAsync(store, caller, 0, OwnLeaseSeconds, cancellation).ConfigureAwait(false);
        return granted;
    }

    /// <summary>A comparison that holds while the key is the one created at <paramref name="createRevision"/> (0: absent).</summary>
    public static Comparison CreatedAt(ReadOnlyMemory<byte> key, long createRevision) =>
        new(KeyRange.Single(key), ComparisonTarget.CreateRevision, ComparisonResult.Equal) { Number = createRevision };

    /// <summary>Runs a wait that ends with the caller, the server, or its turn; leaves the queue if it was not the turn.</summary>
    public static async Task<long> WaitAsync(EtcdStore store, Caller? caller, IHostApplicationLifetime lifetime, ServerCallContext context, LeaseQueue queue, byte[] key, long createRevision)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            return await queue.WaitForTurnAsync(createRevision, ending.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ReplicaException || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The key stays: its lease ends it, or the caller comes back to its place.
            throw EtcdErrors.Stopped();
        }
        catch
        {
            await LeaveAsync(store, caller, key, createRevision).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task LeaveAsync(EtcdStore store, Caller? caller, byte[] key, long createRevision)
    {
        using var timeout = new CancellationTokenSource(LeaveTimeMax);
        var leave = new TransactionOperation([CreatedAt(key, createRevision)], [new DeleteOperation(KeyRange.Single(key))], []);
        try
        {
            await store.WriteAsync(caller, leave, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            // The caller is to see why its wait failed, not this. The key then goes with its lease.
        }
    }
}
