namespace Concord.Mvcc.Auth;

/// <summary>
/// Which rights a command needs, in one place for everybody: the edge asks before it proposes, and each replica again when it
/// applies, in the state of that moment.
/// </summary>
internal readonly struct AccessCheck(AccessRights rights, IReadOnlyDictionary<LeaseId, Lease> leases)
{
    /// <summary>Whether a command may be applied now.</summary>
    public static StoreError Check(AuthState auth, IReadOnlyDictionary<LeaseId, Lease> leases, Command command)
    {
        if (!auth.IsEnabled || IsOwn(command))
        {
            return StoreError.None;
        }

        var error = auth.Identify(command.Caller, out var rights);
        return error != StoreError.None ? error
            : new AccessCheck(rights!, leases).Allows(command) ? StoreError.None
            : StoreError.PermissionDenied;
    }

    public bool Allows(Operation operation) => rights.IsRoot || operation switch
    {
        RangeOperation range => rights.Allows(Access.Read, range.Range),
        PutOperation put => Allows(put),
        DeleteOperation delete => rights.AllowsPlainWrite(delete.Range) && (!delete.ReturnPrevious || rights.Allows(Access.Read, delete.Range)),
        TransactionOperation transaction => Allows(transaction),
        _ => throw new InvalidOperationException($"{operation.GetType().Name} has no rule of access."),
    };

    /// <summary>What the server proposes itself. Nobody else can: no API makes these kinds, and none lets a client call itself so.</summary>
    private static bool IsOwn(Command command) =>
        command is LeaseExpireCommand or AuthCommand { Change: ReplaceTokenKey } or { Caller.User.Length: 0 };

    private bool Allows(Command command) => rights.IsRoot || command switch
    {
        WriteCommand { Caller.Required: { } required } => Allows(required),
        WriteCommand write => Allows(write.Operation),
        LeaseGrantCommand => true,
        LeaseRevokeCommand revoke => !leases.TryGetValue(revoke.Lease, out var lease) || rights.AllowsPlainWrite(lease),
        _ => false,
    };

    private bool Allows(IReadOnlyList<RequiredRight> required)
    {
        foreach (var right in required)
        {
            if (!rights.Allows(right.Access, right.Range))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Who attaches a key to a lease can have the lease's other keys deleted with it by letting it run out.</summary>
    private bool Allows(PutOperation put)
    {
        var key = KeyRange.Single(put.Key);
        return rights.AllowsPlainWrite(key)
            && (!put.ReturnPrevious || rights.Allows(Access.Read, key))
            && (put.IgnoreLease || put.Lease.IsNone || !leases.TryGetValue(put.Lease, out var lease) || rights.AllowsPlainWrite(lease));
    }

    /// <summary>Both branches of the whole tree: which one runs tells something about the keys that were compared.</summary>
    private bool Allows(TransactionOperation transaction)
    {
        foreach (var comparison in transaction.Comparisons)
        {
            if (!rights.Allows(Access.Read, comparison.Range))
            {
                return false;
            }
        }

        return AllowsAll(transaction.Success) && AllowsAll(transaction.Failure);
    }

    private bool AllowsAll(IReadOnlyList<Operation> operations)
    {
        foreach (var operation in operations)
        {
            if (!Allows(operation))
            {
                return false;
            }
        }

        return true;
    }
}
