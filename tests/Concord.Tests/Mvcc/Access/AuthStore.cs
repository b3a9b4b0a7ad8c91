using Concord.Mvcc;
using Concord.Mvcc.Auth;

namespace Concord.Tests.Mvcc.Access;

/// <summary>A key space with users, in few words.</summary>
internal sealed class AuthStore
{
    public KeySpace Space { get; } = new();

    public AuthState Auth => Space.Publish().Auth;

    /// <summary>root, and alice with the role "r"; access is checked.</summary>
    public static AuthStore Enabled(params Permission[] permissions)
    {
        var store = new AuthStore();
        store.Ok(new AddUser("root", "hash", HasNoPassword: false));
        store.Ok(new GrantRole("root", "root"));
        store.Ok(new AddUser("alice", "hash", HasNoPassword: false));
        store.Ok(new AddRole("r"));
        store.Ok(new GrantRole("alice", "r"));
        foreach (var permission in permissions)
        {
            store.Ok(new GrantPermission("r", permission));
        }

        store.Ok(new EnableAuth(new byte[32], 1));
        return store;
    }

    public StoreError Change(AuthChange change) =>
        Space.Apply(new AuthCommand(change) { Caller = new("root", long.MaxValue) }).Error;

    public void Ok(AuthChange change) => Assert.Equal(StoreError.None, Change(change));

    public StoreError As(string? user, Command command) => Space.Apply(By(user, command)).Error;

    public StoreError As(string? user, Operation operation) => As(user, new WriteCommand(operation));

    public Command By(string? user, Command command) => command with { Caller = user is null ? null : new(user, Space.Publish().Auth.Revision) };

    public static Permission Reads(string key, string? end = null) => new(Concord.Mvcc.Auth.Access.Read, Range(key, end));

    public static Permission Writes(string key, string? end = null) => new(Concord.Mvcc.Auth.Access.Write, Range(key, end));

    public static Permission Full(string key, string? end = null) => new(Concord.Mvcc.Auth.Access.ReadWrite, Range(key, end));

    public static KeyRange Range(string key, string? end = null) => new(Text.Bytes(key), end is null ? default : Text.Bytes(end));

    public static PutOperation Put(string key, long lease = 0) => new(Text.Bytes(key), Text.Bytes("v")) { Lease = new(lease) };
}
