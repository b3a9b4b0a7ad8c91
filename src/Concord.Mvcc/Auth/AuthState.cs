using System.Collections.Immutable;

namespace Concord.Mvcc.Auth;

/// <summary>Users, roles and whether they are asked for. Immutable; part of the replicated state beside the keys.</summary>
public sealed record AuthState
{
    private static readonly StringComparer Order = StringComparer.Ordinal;

    /// <summary>The state of a store that never heard of users.</summary>
    public static AuthState Initial { get; } = new();

    public bool IsEnabled { get; init; }

    /// <summary>Counts the changes that can take rights away or give some; starts at 1. Independent of the key space's revision.</summary>
    public long Revision { get; init; } = 1;

    /// <summary>Counts every change, so that equal numbers mean equal states.</summary>
    public long Changes { get; init; }

    public ImmutableSortedDictionary<string, AuthUser> Users { get; init; } = ImmutableSortedDictionary.Create<string, AuthUser>(Order);

    public ImmutableSortedDictionary<string, AuthRole> Roles { get; init; } = ImmutableSortedDictionary.Create<string, AuthRole>(Order);

    /// <summary>Signs new tokens; null while checks are off.</summary>
    public TokenKey? Key { get; init; }

    /// <summary>The key before: tokens that it signed are good until they end.</summary>
    public TokenKey? FormerKey { get; init; }

    public long LastKeyNumber { get; init; }

    internal static ImmutableSortedSet<string> NoRoles { get; } = ImmutableSortedSet.Create<string>(Order);

    public AuthUser? User(string name) => Users.GetValueOrDefault(name);

    public AuthRole? Role(string name) => Roles.GetValueOrDefault(name);

    /// <summary>What a caller may do now.</summary>
    /// <param name="rights">
    /// <see cref="AccessRights.Everything"/> while checks are off; not null if the answer is <see cref="StoreError.None"/>.
    /// </param>
    public StoreError Identify(Caller? caller, out AccessRights? rights)
    {
        rights = null;
        if (!IsEnabled)
        {
            rights = AccessRights.Everything;
            return StoreError.None;
        }

        if (caller is null)
        {
            return StoreError.UserEmpty;
        }

        if (User(caller.User) is not { } user)
        {
            return StoreError.PermissionDenied;
        }

        if (user.ChangedRevision > caller.AuthRevision)
        {
            return StoreError.AuthOldRevision;
        }

        rights = user.Rights(this);
        return StoreError.None;
    }
}
