using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Cluster;

internal sealed class AddCommand : CliCommand
{
    private readonly Argument<NewcomerText> _member = MemberArguments.Newcomer();
    private readonly Option<bool> _learner = new("--learner") { Description = "Without a vote until it is promoted by hand" };

    public AddCommand()
        : base("add", "Add a member. It learns first and gets its vote by itself, so the cluster is never weaker meanwhile. Prints the command line that starts it.")
    {
        Add(_member);
        Add(_learner);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord cluster add n4=http://10.0.0.4:2380", "concord cluster add far=http://10.9.0.1:2380 --learner"];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop) =>
        MembershipReport.ChangeAsync(call, [(call.Get(_member), call.Get(_learner), null)], [], stop);
}
