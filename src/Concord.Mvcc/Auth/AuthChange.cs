namespace Concord.Mvcc.Auth;

/// <summary>A change of who may do what.</summary>
public abstract record AuthChange
{
    private protected AuthChange()
    {
    }
}

/// <summary>Every call is checked from here on.</summary>
/// <param name="Secret">A new key for tokens, made by the proposer; those of earlier times are void.</param>
public sealed record EnableAuth(ReadOnlyMemory<byte> Secret, long MadeUnixSeconds) : AuthChange;

public sealed record DisableAuth : AuthChange;

/// <summary>The next key for tokens, if the present one is still the one named. The server's own doing, no caller's.</summary>
public sealed record ReplaceTokenKey(long Replaced, ReadOnlyMemory<byte> Secret, long MadeUnixSeconds) : AuthChange;

/// <param name="PasswordHash">Made outside of the store: it takes long on purpose.</param>
public sealed record AddUser(string User, string PasswordHash, bool HasNoPassword) : AuthChange;

public sealed record DeleteUser(string User) : AuthChange;

public sealed record ChangePassword(string User, string PasswordHash) : AuthChange;

public sealed record GrantRole(string User, string Role) : AuthChange;

public sealed record RevokeRole(string User, string Role) : AuthChange;

public sealed record AddRole(string Role) : AuthChange;

public sealed record DeleteRole(string Role) : AuthChange;

/// <summary>Gives a permission; one for the same range takes its access.</summary>
public sealed record GrantPermission(string Role, Permission Permission) : AuthChange;

public sealed record RevokePermission(string Role, KeyRange Range) : AuthChange;
