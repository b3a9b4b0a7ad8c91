namespace Concord.Cli.Access;

internal static class RoleCommands
{
    public static CommandGroup Create() => new(
        "role",
        "What users may do: permissions on keys and configurations.",
        new RoleAddCommand(),
        new RoleListCommand(),
        new RoleShowCommand(),
        new RoleGrantCommand(),
        new RoleRevokeCommand(),
        new RoleGrantConfigCommand(),
        new RoleRevokeConfigCommand(),
        new RoleDeleteCommand());
}
