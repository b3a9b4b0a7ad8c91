using Concord.Mvcc;
using Concord.Mvcc.Auth;

namespace Concord.Tests.Mvcc.Access;

/// <summary>Which changes of users and roles are possible: etcd's rules.</summary>
public sealed class AuthRulesTests
{
    [Fact]
    public void Checks_need_a_user_root_with_the_role_root()
    {
        var store = new AuthStore();
        Assert.Equal(StoreError.RootUserNotExist, store.Change(new EnableAuth(new byte[32], 1)));
        store.Ok(new AddUser("root", "h", HasNoPassword: false));
        Assert.Equal(StoreError.RootRoleNotExist, store.Change(new EnableAuth(new byte[32], 1)));
        store.Ok(new GrantRole("root", "root"));
        store.Ok(new EnableAuth(new byte[32], 1));
        Assert.True(store.Auth.IsEnabled);
        store.Ok(new DisableAuth());
        Assert.False(store.Auth.IsEnabled);
    }

    [Fact]
    public void What_there_is_twice_or_not_at_all_is_said()
    {
        var store = new AuthStore();
        store.Ok(new AddUser("u", "h", HasNoPassword: false));
        store.Ok(new AddRole("r"));
        Assert.Equal(StoreError.UserAlreadyExists, store.Change(new AddUser("u", "h", HasNoPassword: false)));
        Assert.Equal(StoreError.UserNotFound, store.Change(new DeleteUser("nobody")));
        Assert.Equal(StoreError.UserNotFound, store.Change(new ChangePassword("nobody", "h")));
        Assert.Equal(StoreError.UserNotFound, store.Change(new GrantRole("nobody", "r")));
        Assert.Equal(StoreError.RoleNotFound, store.Change(new GrantRole("u", "none")));
        Assert.Equal(StoreError.RoleNotGranted, store.Change(new RevokeRole("u", "r")));
        Assert.Equal(StoreError.RoleAlreadyExists, store.Change(new AddRole("r")));
        Assert.Equal(StoreError.RoleNotFound, store.Change(new DeleteRole("none")));
        Assert.Equal(StoreError.RoleNotFound, store.Change(new GrantPermission("none", AuthStore.Reads("a"))));
        Assert.Equal(StoreError.RoleNotFound, store.Change(new RevokePermission("none", AuthStore.Range("a"))));
        Assert.Equal(StoreError.PermissionNotGranted, store.Change(new RevokePermission("r", AuthStore.Range("a"))));
        store.Ok(new AddUser("n", "", HasNoPassword: true));
        Assert.Equal(StoreError.UserHasNoPassword, store.Change(new ChangePassword("n", "h")));
    }

    [Fact]
    public void Root_cannot_lose_what_it_needs_while_access_is_checked()
    {
        var store = AuthStore.Enabled();
        store.Ok(new AddRole("root"));
        Assert.Equal(StoreError.InvalidAuthManagement, store.Change(new DeleteUser("root")));
        Assert.Equal(StoreError.InvalidAuthManagement, store.Change(new RevokeRole("root", "root")));
        Assert.Equal(StoreError.InvalidAuthManagement, store.Change(new DeleteRole("root")));
        store.Ok(new DisableAuth());
        store.Ok(new DeleteRole("root"));
        store.Ok(new DeleteUser("root"));
    }

    [Fact]
    public void The_same_range_granted_again_takes_the_new_access_and_a_deleted_role_leaves_its_users()
    {
        var store = new AuthStore();
        store.Ok(new AddUser("u", "h", HasNoPassword: false));
        store.Ok(new AddRole("r"));
        store.Ok(new GrantRole("u", "r"));
        store.Ok(new GrantPermission("r", AuthStore.Reads("b")));
        store.Ok(new GrantPermission("r", AuthStore.Reads("a", "c")));
        store.Ok(new GrantPermission("r", AuthStore.Writes("b")));
        Assert.Equal(["a Read", "b Write"], store.Auth.Role("r")!.Permissions.Select(one => $"{Text.Of(one.Range.Start.Span)} {one.Access}"));
        store.Ok(new DeleteRole("r"));
        Assert.Empty(store.Auth.User("u")!.Roles);
    }

    [Fact]
    public void The_revision_counts_changes_of_rights_only()
    {
        var store = new AuthStore();
        Assert.Equal(1, store.Auth.Revision);
        store.Ok(new AddUser("root", "h", HasNoPassword: false));
        store.Ok(new GrantRole("root", "root"));
        store.Ok(new GrantRole("root", "root"));
        Assert.Equal(3, store.Auth.Revision);
        store.Ok(new EnableAuth(new byte[32], 1));
        Assert.Equal(3, store.Auth.Revision);
        store.Ok(new DisableAuth());
        Assert.Equal(4, store.Auth.Revision);
        Assert.Equal(4, store.Auth.Changes);
    }

    [Fact]
    public void Only_the_present_key_for_tokens_is_replaced_and_numbers_are_not_used_again()
    {
        var store = AuthStore.Enabled();
        store.Ok(new ReplaceTokenKey(1, new byte[] { 2 }, 5));
        store.Ok(new ReplaceTokenKey(1, new byte[] { 3 }, 6));
        Assert.Equal((2L, 1L), (store.Auth.Key!.Number, store.Auth.FormerKey!.Number));
        store.Ok(new DisableAuth());
        Assert.Null(store.Auth.Key);
        store.Ok(new EnableAuth(new byte[32], 7));
        Assert.Equal((3L, null), (store.Auth.Key!.Number, store.Auth.FormerKey?.Number));
    }
}
