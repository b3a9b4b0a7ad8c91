namespace Concord.Cli.Config;

internal static class ConfigCommands
{
    public static CommandGroup Create() => new(
        "config",
        "Write, publish, read and watch configurations.",
        new PutCommand(),
        new UnsetCommand(),
        new DeleteCommand(),
        new DraftsCommand(),
        new DiffCommand(),
        new DiscardCommand(),
        new PublishCommand(),
        new RollbackCommand(),
        new HistoryCommand(),
        new ShowCommand(),
        new ListCommand(),
        new GetCommand(),
        new ExplainCommand(),
        new WatchCommand(),
        new InstancesCommand(),
        new ImportCommand(),
        new ExportCommand());
}
