namespace Concord.Mvcc.Auth;

/// <summary>
/// How much there may be of each. The whole table is in memory on every member and in every snapshot; these keep it at some
/// hundred megabytes whatever a runaway script does, far above what people manage by hand.
/// </summary>
public static class AuthLimits
{
    public const int UsersMax = 200_000;

    public const int RolesMax = 20_000;

    /// <summary>A user's rights are the union over its roles, computed when one of them changes.</summary>
    public const int RolesPerUserMax = 1_000;

    public const int PermissionsPerRoleMax = 10_000;

    /// <summary>Names travel in every command and token.</summary>
    public const int NameCharactersMax = 256;
}
