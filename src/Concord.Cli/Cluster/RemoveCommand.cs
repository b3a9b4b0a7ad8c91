using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Cluster;

internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string[]> _members = new("MEMBER")
    {
        Description = "Names or ids of members, running or lost; several leave in one step",
        Arity = ArgumentArity.OneOrMore,
    };

    public RemoveCommand()
        : base("remove", "Remove members. Refused if too few of the rest run to go on. For good: a removed member comes back only as a new one.")
    {
        Add(_members);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord cluster remove n4", "concord cluster remove n4 n5"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var members = (await call.Client.Cluster.GetMembershipAsync(stop)).Members;
        return await MembershipReport.ChangeAsync(call, [], [.. call.Get(_members).Select(word => MemberArguments.Find(members, word))], stop);
    }
}
