using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Cluster;

internal sealed class PromoteCommand : CliCommand
{
    private readonly Argument<string> _member = new("MEMBER") { Description = "Name or id of a learner that has caught up" };

    public PromoteCommand()
        : base("promote", "Give a learner its vote. Ends with 1 while it still lacks too much.")
    {
        Add(_member);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord cluster promote far"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var member = MemberArguments.Find((await call.Client.Cluster.GetMembershipAsync(stop)).Members, call.Get(_member));
        await call.Client.Cluster.PromoteAsync(member.Id, stop);
        var after = await call.Client.Cluster.GetMembershipAsync(stop);
        if (call.WantsJson)
        {
            MemberJson[] members = [.. after.Members.Select(one => MemberJson.Of(one, after.LeaderId))];
            call.WriteJson(new MembersChanged { Promoted = MemberArguments.Hex(member.Id), Members = members }, OutputJson.Pretty.MembersChanged);
            return ExitCode.Ok;
        }

        call.Screen.Line(Ink.Strong(MemberArguments.NameOf(member)), " has a vote now");
        return ExitCode.Ok;
    }
}
