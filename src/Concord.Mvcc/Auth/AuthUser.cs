using System.Collections.Immutable;

namespace Concord.Mvcc.Auth;

/// <summary>A user. Immutable; the rights are computed on first use, and a user whose roles change becomes a new object.</summary>
public sealed class AuthUser
{
    // Whoever computes first is right: readers on several threads come to the same rights.
    private volatile AccessRights? _rights;

    internal AuthUser(string name, string passwordHash, bool hasNoPassword, ImmutableSortedSet<string> roles, long changedRevision)
    {
        Name = name;
        PasswordHash = passwordHash;
        HasNoPassword = hasNoPassword;
        Roles = roles;
        ChangedRevision = changedRevision;
    }

    public string Name { get; }

    /// <summary>As the hash function writes it, with its salt and cost; empty without a password.</summary>
    public string PasswordHash { get; }

    /// <summary>Never signs in by a password: its connection shows a certificate of its name.</summary>
    public bool HasNoPassword { get; }

    public ImmutableSortedSet<string> Roles { get; }

    /// <summary>The revision of the rights at which the user was added or got this password. What was issued to it before is void.</summary>
    public long ChangedRevision { get; }

    public bool IsRoot => Roles.Contains(AuthNames.Root);

    internal AuthUser WithRoles(ImmutableSortedSet<string> roles) => new(Name, PasswordHash, HasNoPassword, roles, ChangedRevision);

    internal AuthUser WithPassword(string hash, long revision) => new(Name, hash, HasNoPassword, Roles, revision);

    /// <summary>The same user, its rights to be computed anew.</summary>
    internal AuthUser Refreshed() => WithRoles(Roles);

    internal AccessRights Rights(AuthState state)
    {
        if (_rights is { } known)
        {
            return known;
        }

        var rights = AccessRights.Of(this, state);
        _rights = rights;
        return rights;
    }
}
