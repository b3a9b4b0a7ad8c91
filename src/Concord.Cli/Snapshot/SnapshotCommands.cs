namespace Concord.Cli.Snapshot;

internal static class SnapshotCommands
{
    public static CommandGroup Create() => new(
        "snapshot",
        "Back a cluster up, check the copy, found a new cluster from it.",
        new SaveCommand(),
        new SnapshotStatusCommand(),
        new RestoreCommand());
}
