using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Cluster;

internal sealed class ReplaceCommand : CliCommand
{
    private readonly Argument<string> _old = new("MEMBER") { Description = "Name or id of the member that leaves, running or lost" };
    private readonly Argument<NewcomerText> _member = MemberArguments.Newcomer();

    public ReplaceCommand()
        : base("replace", "Let a new member take another's place: it learns first, then one vote comes and one goes in the same step.")
    {
        Add(_old);
        Add(_member);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord cluster replace n2 n4=http://10.0.0.4:2380"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var members = (await call.Client.Cluster.GetMembershipAsync(stop)).Members;
        var old = MemberArguments.Find(members, call.Get(_old));
        return old.IsLearner
            ? throw new CommandException(ExitCode.Usage, $"{MemberArguments.NameOf(old)} has no vote that could be taken over.", "Remove it and add the new one.")
            : await MembershipReport.ChangeAsync(call, [(call.Get(_member), false, old)], [], stop);
    }
}
