namespace Concord.Mvcc.Auth;

/// <summary>Applies changes, by etcd's rules about which are possible.</summary>
internal static class AuthEditor
{
    /// <summary>On an error <paramref name="state"/> is what it was.</summary>
    public static StoreError Apply(ref AuthState state, AuthChange change)
    {
        var error = change switch
        {
            EnableAuth enable => Enable(ref state, enable),
            DisableAuth => Disable(ref state),
            ReplaceTokenKey replace => Replace(ref state, replace),
            AddUser add => Add(ref state, add),
            DeleteUser delete => Delete(ref state, delete.User),
            ChangePassword password => Change(ref state, password),
            GrantRole grant => Grant(ref state, grant),
            RevokeRole revoke => Revoke(ref state, revoke),
            AddRole add => Add(ref state, add.Role),
            DeleteRole delete => DeleteRole(ref state, delete.Role),
            GrantPermission grant => Grant(ref state, grant),
            RevokePermission revoke => Revoke(ref state, revoke),
            _ => throw new InvalidOperationException($"{change.GetType().Name} is not a change of rights."),
        };
        return error;
    }

    private static StoreError Enable(ref AuthState state, EnableAuth enable)
    {
        if (state.IsEnabled)
        {
            return StoreError.None;
        }

        if (state.User(AuthNames.Root) is not { } root)
        {
            return StoreError.RootUserNotExist;
        }

        if (!root.IsRoot)
        {
            return StoreError.RootRoleNotExist;
        }

        var number = state.LastKeyNumber + 1;
        state = Changed(state) with
        {
            IsEnabled = true,
            LastKeyNumber = number,
            Key = new(number, enable.Secret.ToArray(), enable.MadeUnixSeconds),
        };
        return StoreError.None;
    }

    private static StoreError Disable(ref AuthState state)
    {
        if (state.IsEnabled)
        {
            state = WithRevision(state) with { IsEnabled = false, Key = null, FormerKey = null };
        }

        return StoreError.None;
    }

    private static StoreError Replace(ref AuthState state, ReplaceTokenKey replace)
    {
        if (state.Key?.Number == replace.Replaced)
        {
            var number = state.LastKeyNumber + 1;
            state = Changed(state) with
            {
                LastKeyNumber = number,
                Key = new(number, replace.Secret.ToArray(), replace.MadeUnixSeconds),
                FormerKey = state.Key,
            };
        }

        return StoreError.None;
    }

    private static StoreError Add(ref AuthState state, AddUser add)
    {
        if (state.User(add.User) is not null)
        {
            return StoreError.UserAlreadyExists;
        }

        if (state.Users.Count >= AuthLimits.UsersMax)
        {
            return StoreError.AuthLimitReached;
        }

        var next = WithRevision(state);
        var user = new AuthUser(add.User, add.PasswordHash, add.HasNoPassword, AuthState.NoRoles, next.Revision);
        state = next with { Users = state.Users.Add(add.User, user) };
        return StoreError.None;
    }

    private static StoreError Delete(ref AuthState state, string name)
    {
        if (state.IsEnabled && name == AuthNames.Root)
        {
            return StoreError.InvalidAuthManagement;
        }

        if (state.User(name) is null)
        {
            return StoreError.UserNotFound;
        }

        state = WithRevision(state) with { Users = state.Users.Remove(name) };
        return StoreError.None;
    }

    private static StoreError Change(ref AuthState state, ChangePassword change)
    {
        if (state.User(change.User) is not { } user)
        {
            return StoreError.UserNotFound;
        }

        if (user.HasNoPassword)
        {
            return StoreError.UserHasNoPassword;
        }

        var next = WithRevision(state);
        state = next with { Users = state.Users.SetItem(user.Name, user.WithPassword(change.PasswordHash, next.Revision)) };
        return StoreError.None;
    }

    private static StoreError Grant(ref AuthState state, GrantRole grant)
    {
        if (state.User(grant.User) is not { } user)
        {
            return StoreError.UserNotFound;
        }

        // The root role means something even where nobody has added it.
        if (grant.Role != AuthNames.Root && state.Role(grant.Role) is null)
        {
            return StoreError.RoleNotFound;
        }

        if (user.Roles.Contains(grant.Role))
        {
            return StoreError.None;
        }

        if (user.Roles.Count >= AuthLimits.RolesPerUserMax)
        {
            return StoreError.AuthLimitReached;
        }

        state = WithRevision(state) with { Users = state.Users.SetItem(user.Name, user.WithRoles(user.Roles.Add(grant.Role))) };
        return StoreError.None;
    }

    private static StoreError Revoke(ref AuthState state, RevokeRole revoke)
    {
        if (state.IsEnabled && revoke is { User: AuthNames.Root, Role: AuthNames.Root })
        {
            return StoreError.InvalidAuthManagement;
        }

        if (state.User(revoke.User) is not { } user)
        {
            return StoreError.UserNotFound;
        }

        if (!user.Roles.Contains(revoke.Role))
        {
            return StoreError.RoleNotGranted;
        }

        state = WithRevision(state) with { Users = state.Users.SetItem(user.Name, user.WithRoles(user.Roles.Remove(revoke.Role))) };
        return StoreError.None;
    }

    private static StoreError Add(ref AuthState state, string role)
    {
        if (state.Role(role) is not null)
        {
            return StoreError.RoleAlreadyExists;
        }

        if (state.Roles.Count >= AuthLimits.RolesMax)
        {
            return StoreError.AuthLimitReached;
        }

        state = WithRevision(state) with { Roles = state.Roles.Add(role, new(role, [])) };
        return StoreError.None;
    }

    private static StoreError DeleteRole(ref AuthState state, string name)
    {
        if (state.IsEnabled && name == AuthNames.Root)
        {
            return StoreError.InvalidAuthManagement;
        }

        if (state.Role(name) is null)
        {
            return StoreError.RoleNotFound;
        }

        var users = state.Users.ToBuilder();
        foreach (var user in state.Users.Values.Where(user => user.Roles.Contains(name)))
        {
            users[user.Name] = user.WithRoles(user.Roles.Remove(name));
        }

        state = WithRevision(state) with { Roles = state.Roles.Remove(name), Users = users.ToImmutable() };
        return StoreError.None;
    }

    private static StoreError Grant(ref AuthState state, GrantPermission grant)
    {
        if (state.Role(grant.Role) is not { } role)
        {
            return StoreError.RoleNotFound;
        }

        var permissions = role.Permissions.ToList();
        var place = permissions.FindIndex(one => Permission.CompareRanges(one.Range, grant.Permission.Range) >= 0);
        if (place >= 0 && Permission.CompareRanges(permissions[place].Range, grant.Permission.Range) == 0)
        {
            permissions[place] = Copy(grant.Permission);
        }
        else if (permissions.Count >= AuthLimits.PermissionsPerRoleMax)
        {
            return StoreError.AuthLimitReached;
        }
        else
        {
            permissions.Insert(place >= 0 ? place : permissions.Count, Copy(grant.Permission));
        }

        state = WithRole(state, new(role.Name, permissions));
        return StoreError.None;
    }

    private static StoreError Revoke(ref AuthState state, RevokePermission revoke)
    {
        if (state.Role(revoke.Role) is not { } role)
        {
            return StoreError.RoleNotFound;
        }

        var permissions = role.Permissions.Where(one => Permission.CompareRanges(one.Range, revoke.Range) != 0).ToList();
        if (permissions.Count == role.Permissions.Count)
        {
            return StoreError.PermissionNotGranted;
        }

        state = WithRole(state, new(role.Name, permissions));
        return StoreError.None;
    }

    private static AuthState WithRole(AuthState state, AuthRole role)
    {
        var users = state.Users.ToBuilder();
        foreach (var user in state.Users.Values.Where(user => user.Roles.Contains(role.Name)))
        {
            users[user.Name] = user.Refreshed();
        }

        return WithRevision(state) with { Roles = state.Roles.SetItem(role.Name, role), Users = users.ToImmutable() };
    }

    /// <summary>A decoded permission points into the log entry; the state must not keep it alive.</summary>
    private static Permission Copy(Permission permission) =>
        new(permission.Access, new(permission.Range.Start.ToArray(), permission.Range.End.ToArray()));

    private static AuthState Changed(AuthState state) => state with { Changes = state.Changes + 1 };

    private static AuthState WithRevision(AuthState state) => Changed(state) with { Revision = state.Revision + 1 };
}
