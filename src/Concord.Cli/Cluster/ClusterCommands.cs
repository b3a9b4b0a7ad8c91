namespace Concord.Cli.Cluster;

internal static class ClusterCommands
{
    public static CommandGroup Create() => new(
        "cluster",
        "See and change who belongs to the cluster.",
        new ClusterStatusCommand(),
        new MembersCommand(),
        new AddCommand(),
        new RemoveCommand(),
        new PromoteCommand(),
        new ReplaceCommand(),
        new ResizeCommand(),
        new TransferLeaderCommand());
}
