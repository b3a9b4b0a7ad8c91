namespace Concord.Cli.Access;

internal static class AuthCommands
{
    public static CommandGroup Create() => new(
        "auth",
        "Whether the servers ask who you are.",
        new AuthEnableCommand(),
        new AuthDisableCommand(),
        new AuthStatusCommand());
}
