namespace Concord.Cli.Access;

/// <summary>The JSON form of <c>concord auth</c>.</summary>
/// <param name="Revision">Counts the changes of users and roles; left out after a change.</param>
internal sealed record AccessJson(bool Enabled, ulong? Revision);

/// <summary>What a command of <c>concord user</c> or <c>concord role</c> has changed; what it is not about is left out.</summary>
internal sealed record AccessChanged
{
    public string? User { get; init; }

    public string? Role { get; init; }

    /// <summary>added, deleted, changed, granted or revoked.</summary>
    public required string Done { get; init; }

    public IReadOnlyList<PermissionJson>? Permissions { get; init; }
}

internal sealed record UserList(IReadOnlyList<string> Users);

internal sealed record UserJson(string User, IReadOnlyList<string> Roles);

internal sealed record RoleList(IReadOnlyList<string> Roles);

internal sealed record RoleJson(string Role, IReadOnlyList<PermissionJson> Permissions);

/// <summary>One permission; <see cref="Encoding"/> says how the keys are written: text or base64.</summary>
internal sealed record PermissionJson
{
    /// <summary>read, write or readwrite.</summary>
    public required string Access { get; init; }

    public required string Encoding { get; init; }

    public required string Key { get; init; }

    /// <summary>Left out for a single key, and where every key from <see cref="Key"/> on is meant.</summary>
    public string? End { get; init; }

    /// <summary>True where every key from <see cref="Key"/> on is meant; else left out.</summary>
    public bool? ToEnd { get; init; }
}
