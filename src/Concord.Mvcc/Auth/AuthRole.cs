namespace Concord.Mvcc.Auth;

/// <param name="Permissions">In the order of their ranges.</param>
public sealed record AuthRole(string Name, IReadOnlyList<Permission> Permissions);
