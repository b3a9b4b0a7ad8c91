namespace Concord.Cli.Kv;

internal static class KvCommands
{
    public static CommandGroup Create() => new(
        "kv",
        "Read, write and watch single keys of the store.",
        new KvGetCommand(),
        new KvPutCommand(),
        new KvDelCommand(),
        new KvWatchCommand());
}
