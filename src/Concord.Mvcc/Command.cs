using Concord.Mvcc.Auth;

namespace Concord.Mvcc;

/// <summary>
/// A change of the state machine, as it goes through the log. Applying the same commands in the same order gives the
/// same state on every replica: everything that could differ (time, randomness, identifiers) was decided by the
/// proposer and is a field.
/// </summary>
public abstract record Command
{
    private protected Command()
    {
    }

    /// <summary>
    /// On whose behalf. Null is nobody in particular: refused while access is checked, except for what the server proposes
    /// itself.
    /// </summary>
    public Caller? Caller { get; init; }
}

/// <summary>A put, a delete or a transaction.</summary>
public sealed record WriteCommand(Operation Operation) : Command;

/// <summary>Forgets every version older than the newest one at or below <paramref name="Revision"/>, per key.</summary>
public sealed record CompactCommand(long Revision) : Command;

/// <param name="Lease">Chosen by the proposer, never zero.</param>
/// <param name="TtlSeconds">The granted time to live, in seconds; the count-down is the leader's, not the store's.</param>
public sealed record LeaseGrantCommand(LeaseId Lease, long TtlSeconds) : Command;

/// <summary>Ends a lease and deletes its keys, in key order, in one revision.</summary>
public sealed record LeaseRevokeCommand(LeaseId Lease) : Command;

/// <summary>
/// Ends many leases whose time has run out, each as <see cref="LeaseRevokeCommand"/> does and in the order given; a
/// lease that is already gone is passed over.
/// </summary>
public sealed record LeaseExpireCommand(IReadOnlyList<LeaseId> Leases) : Command;

/// <summary>Changes users, roles, or whether they are asked for.</summary>
public sealed record AuthCommand(AuthChange Change) : Command;
