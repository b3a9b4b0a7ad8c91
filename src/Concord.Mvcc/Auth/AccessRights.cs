namespace Concord.Mvcc.Auth;

/// <summary>What one user may do: the union of the permissions of its roles, merged. Immutable.</summary>
public sealed class AccessRights
{
    private readonly RangeSet _read;
    private readonly RangeSet _write;
    private readonly RangeSet _plainWrite;

    private AccessRights(bool isRoot, RangeSet read, RangeSet write)
    {
        IsRoot = isRoot;
        _read = read;
        _write = write;
        _plainWrite = isRoot ? write : write.Without(AuthNames.Reserved);
    }

    /// <summary>May do what is not about keys too: administer.</summary>
    public bool IsRoot { get; }

    /// <summary>What the root role may do, and everybody while checks are off.</summary>
    public static AccessRights Everything { get; } = new(isRoot: true, RangeSet.All, RangeSet.All);

    /// <summary>Whether every key of the range is covered, by one permission or several that touch.</summary>
    public bool Allows(Access access, KeyRange range) =>
        ((access & Access.Read) == 0 || _read.Covers(range)) && ((access & Access.Write) == 0 || _write.Covers(range));

    /// <summary>Whether the right reaches some key that is or could be in the range.</summary>
    public bool AllowsSome(Access access, KeyRange range) =>
        ((access & Access.Read) == 0 || _read.Overlaps(range)) && ((access & Access.Write) == 0 || _write.Overlaps(range));

    /// <summary>As <see cref="Allows"/> for writing by the key API, which leaves the reserved keys to the root role.</summary>
    internal bool AllowsPlainWrite(KeyRange range) => _plainWrite.Covers(range);

    internal bool AllowsPlainWrite(Lease lease) => IsRoot || _plainWrite.CoversAll(lease.Keys);

    internal bool AllowsReading(Lease lease) => IsRoot || _read.CoversAll(lease.Keys);

    internal static AccessRights Of(AuthUser user, AuthState state)
    {
        if (user.IsRoot)
        {
            return Everything;
        }

        var permissions = user.Roles.Select(state.Role).OfType<AuthRole>().SelectMany(role => role.Permissions).ToList();
        return new(
            isRoot: false,
            RangeSet.Of(permissions.Where(permission => (permission.Access & Access.Read) != 0).Select(permission => permission.Range)),
            RangeSet.Of(permissions.Where(permission => (permission.Access & Access.Write) != 0).Select(permission => permission.Range)));
    }
}
