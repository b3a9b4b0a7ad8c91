using System.CommandLine;
using System.CommandLine.Help;
using Concord.Cli.Access;
using Concord.Cli.Cluster;
using Concord.Cli.Completion;
using Concord.Cli.Config;
using Concord.Cli.Coordination;
using Concord.Cli.Kv;
using Concord.Cli.Members;
using Concord.Cli.Services;
using Concord.Cli.Snapshot;
using Concord.Cli.Status;

namespace Concord.Cli;

/// <summary>The command <c>concord</c> with everything below it.</summary>
internal sealed class ConcordCommand : RootCommand
{
    public ConcordCommand(int helpWidth)
        : base("Configuration, services, keys, locks and state of a Concord cluster.")
    {
        Add(Global.Endpoints);
        Add(Global.CaFile);
        Add(Global.CertificateFile);
        Add(Global.KeyFile);
        Add(Global.SkipVerification);
        Add(Global.Timeout);
        Add(Global.User);
        Add(Global.Author);
        Add(Global.NoColor);
        Add(ConfigCommands.Create());
        Add(ServiceCommands.Create());
        Add(KvCommands.Create());
        Add(new LockCommand());
        Add(new ElectCommand());
        Add(new StatusCommand());
        Add(ClusterCommands.Create());
        Add(new GossipMembersCommand());
        Add(EventCommands.Create());
        Add(KeyringCommands.Create());
        Add(SnapshotCommands.Create());
        Add(AuthCommands.Create());
        Add(UserCommands.Create());
        Add(RoleCommands.Create());
        Add(new CompletionCommand());

        var help = Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples(new HelpAction { MaxWidth = helpWidth });
    }

    public GlobalOptions Global { get; } = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "concord status",
        "concord config put orders/prod pricing:discount=10",
        "concord config publish orders/prod -m 'Ten percent off'",
        "concord config watch orders/prod",
    ];
}
