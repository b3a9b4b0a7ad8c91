namespace Concord.Mvcc;

/// <summary>What an <see cref="Operation"/> answered.</summary>
public abstract record OperationResult
{
    private protected OperationResult()
    {
    }
}

/// <param name="Items">
/// The pairs, with values even when only keys were asked for (blanking them is the wire format's business).
/// </param>
/// <param name="Count">All keys in the range at that revision, whatever limit and filters.</param>
/// <param name="More">The limit cut the answer.</param>
public sealed record RangeResult(IReadOnlyList<KeyVersion> Items, long Count, bool More) : OperationResult;

/// <param name="Previous">The pair before the put, if it was asked for and existed.</param>
public sealed record PutResult(KeyVersion? Previous) : OperationResult
{
    internal static readonly PutResult WithoutPrevious = new(Previous: null);
}

/// <param name="Deleted">How many keys were deleted.</param>
/// <param name="Previous">The pairs before the delete, in key order, if they were asked for; else empty.</param>
public sealed record DeleteResult(long Deleted, IReadOnlyList<KeyVersion> Previous) : OperationResult;

public sealed record TransactionResult(bool Succeeded, IReadOnlyList<OperationResult> Results) : OperationResult;

/// <summary>Why the store refused a command or a read. Nothing was changed.</summary>
public enum StoreError : byte
{
    None = 0,

    /// <summary>A put kept the value or the lease of a key that does not exist.</summary>
    KeyNotFound,

    LeaseNotFound,

    LeaseExists,

    /// <summary>The revision asked for is below the compaction.</summary>
    Compacted,

    /// <summary>The revision asked for is not there yet.</summary>
    FutureRevision,

    /// <summary>Access is checked and nobody was named.</summary>
    UserEmpty,

    /// <summary>The user has not the right, or is none any more.</summary>
    PermissionDenied,

    /// <summary>The user's credentials have changed since they were shown.</summary>
    AuthOldRevision,

    /// <summary>Access cannot be checked without a user root, who could switch it off again.</summary>
    RootUserNotExist,

    /// <summary>The user root has not the role root.</summary>
    RootRoleNotExist,

    UserAlreadyExists,

    UserNotFound,

    /// <summary>The user was added without a password and signs in by certificate.</summary>
    UserHasNoPassword,

    RoleAlreadyExists,

    RoleNotFound,

    /// <summary>The user has not the role that was to be taken.</summary>
    RoleNotGranted,

    /// <summary>The role has no permission for exactly this range.</summary>
    PermissionNotGranted,

    /// <summary>The change would take from root what it needs, while access is checked.</summary>
    InvalidAuthManagement,

    /// <summary>One of <see cref="Auth.AuthLimits"/>.</summary>
    AuthLimitReached,
}

/// <summary>
/// What a <see cref="Command"/> answered. <see cref="Revision"/> is the store's revision after it; on an error it is
/// unchanged and <see cref="Result"/> is null.
/// </summary>
public sealed record CommandResult(StoreError Error, long Revision, OperationResult? Result)
{
    public bool IsOk => Error == StoreError.None;
}
