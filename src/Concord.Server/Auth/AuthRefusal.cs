using Concord.Mvcc;

namespace Concord.Server.Auth;

/// <summary>Why a request gets no further.</summary>
internal enum AuthRefusal
{
    None = 0,

    /// <summary>Nobody was named.</summary>
    UserEmpty,

    /// <summary>The token is unknown, too old, or void.</summary>
    InvalidToken,

    /// <summary>The token was issued at an earlier revision of the rights.</summary>
    OldRevision,

    /// <summary>Name and password do not fit.</summary>
    WrongPassword,

    PermissionDenied,

    /// <summary>Too many passwords wait to be checked.</summary>
    TooBusy,

    /// <summary>Whether the credentials are good could not be found out: there is no leader, or not in time.</summary>
    Unavailable,
}

internal static class AuthRefusals
{
    public static AuthRefusal Of(StoreError error) => error switch
    {
        StoreError.UserEmpty => AuthRefusal.UserEmpty,
        StoreError.AuthOldRevision => AuthRefusal.OldRevision,
        StoreError.PermissionDenied => AuthRefusal.PermissionDenied,
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "The store has a reason that is not about access."),
    };
}
