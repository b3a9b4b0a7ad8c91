using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.IntegrationTests.Differential;

/// <summary>Random changes of users and roles, from a seed: few names, of which some are not there.</summary>
internal sealed class AuthDice(int seed)
{
    /// <summary>
    /// Known by certificate alone. etcd takes a change of the password of such a user and forgets it; Concord refuses it.
    /// </summary>
    private const string WithoutPassword = "eve";

    /// <summary>The superuser, whom neither side lets go while access is controlled.</summary>
    public const string Root = "root";

    private static readonly string[] Users = ["ada", "bob", "cid", "dan"];
    private static readonly string[] Roles = ["reader", "writer", "owner"];
    private static readonly (string Key, string End)[] Ranges = [("a", "a0"), ("a/1", ""), ("a/2", "b"), ("b", ""), ("b/1", "c"), ("c", "\0"), ("a/3", "")];

    private readonly Random _random = new(seed);

    public string User() => _random.Next(6) == 0 ? Root : Pick(Users);

    public string Password() => _random.Next(5) == 0 ? "other" : "secret";

    public bool Chance(int of) => _random.Next(of) == 0;

    public IMessage Next() => _random.Next(100) switch
    {
        < 12 => new AuthUserAddRequest { Name = Chance(15) ? "" : User(), Password = Chance(8) ? "" : "secret" },
        < 14 => new AuthUserAddRequest { Name = WithoutPassword, Options = new() { NoPassword = true } },
        < 20 => new AuthUserDeleteRequest { Name = User() },
        < 24 => new AuthUserChangePasswordRequest { Name = User(), Password = Password() },
        < 42 => new AuthUserGrantRoleRequest { User = User(), Role = Role() },
        < 48 => new AuthUserRevokeRoleRequest { Name = User(), Role = Role() },
        < 58 => new AuthRoleAddRequest { Name = Chance(20) ? "" : Role() },
        < 61 => new AuthRoleDeleteRequest { Role = Role() },
        < 78 => new AuthRoleGrantPermissionRequest { Name = Role(), Perm = Permission() },
        < 84 => Revocation(),
        < 88 => new AuthUserGetRequest { Name = User() },
        < 92 => new AuthRoleGetRequest { Role = Pick(Roles) }, // what is told of root is others' since etcd 3.5
        < 94 => new AuthUserListRequest(),
        < 96 => new AuthRoleListRequest(),
        < 97 => new AuthEnableRequest(),
        _ => new AuthUserGrantRoleRequest { User = WithoutPassword, Role = Role() },
    };

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private string Role() => Chance(8) ? Root : Pick(Roles);

    /// <summary>
    /// None at all would end etcd 3.4; one whose end is before its beginning is refused by later ones only; and where two of a
    /// role begin at the same key, etcd finds the first of them alone.
    /// </summary>
    private Permission Permission()
    {
        var (key, end) = Pick(Ranges);
        return new() { PermType = Pick(Enum.GetValues<Permission.Types.Type>()), Key = Text(key), RangeEnd = Text(end) };
    }

    private AuthRoleRevokePermissionRequest Revocation()
    {
        var (key, end) = Chance(6) ? ("x", "") : Pick(Ranges);
        return new() { Role = Role(), Key = Text(key), RangeEnd = Text(end) };
    }

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];
}
