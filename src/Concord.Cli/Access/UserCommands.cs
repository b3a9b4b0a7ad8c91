namespace Concord.Cli.Access;

internal static class UserCommands
{
    public static CommandGroup Create() => new(
        "user",
        "Who may sign in, and which roles they have.",
        new UserAddCommand(),
        new UserListCommand(),
        new UserShowCommand(),
        new UserPasswordCommand(),
        new UserGrantCommand(),
        new UserRevokeCommand(),
        new UserDeleteCommand());
}
