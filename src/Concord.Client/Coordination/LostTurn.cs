using Concord.Client.Connection;
using Concord.Client.Kv;
using Concord.Client.Leases;

namespace Concord.Client.Coordination;

/// <summary>How it is said that a place in a queue is gone.</summary>
internal static class LostTurn
{
    public static ConcordServerException Gone(KvBytes key) => CallErrors.From(new Protocol.V1.ErrorDetail
    {
        Code = "lease_ended",
        Message = $"The key {key} is gone: its lease has ended, or somebody deleted it.",
    });

    /// <summary>A wait that ends because the lease is lost fails with the reason of that; one that its caller gives up is cancelled.</summary>
    public static async Task<T> TranslateAsync<T>(KeptLease lease, Func<Task<T>> wait, CancellationToken caller)
    {
        try
        {
            return await wait().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lease.LostReason is not null && !caller.IsCancellationRequested)
        {
            throw lease.LostReason;
        }
    }
}
