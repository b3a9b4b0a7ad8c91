using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

internal sealed class TransferLeaderCommand : CliCommand
{
    private readonly Argument<string?> _target = new("MEMBER")
    {
        Description = "Name or id of the voter that shall lead; without it, whoever would take over best",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public TransferLeaderCommand()
        : base("transfer-leader", "Hand leadership to another member, before maintenance of the one that leads. Nothing is lost; writes wait for about a round trip.")
    {
        Add(_target);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord cluster transfer-leader", "concord cluster transfer-leader n2"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var before = await call.Client.Cluster.GetMembershipAsync(stop);
        var target = call.GetOptional(_target) is { } word ? MemberArguments.Find(before.Members, word) : null;
        var leader = before.Members.FirstOrDefault(member => member.Id == before.LeaderId)
            ?? throw new CommandException(ExitCode.Unavailable, "The cluster has no leader at present.", "See 'concord cluster status'.");
        if (target?.Id != leader.Id)
            await MoveAsync(call, leader, target, stop);

        var after = target ?? await LeaderAfterAsync(call, leader, stop);
        if (call.WantsJson)
            call.WriteJson(new(MemberArguments.NameOf(leader), MemberArguments.NameOf(after)), OutputJson.Pretty.LeaderMoved);
        else
            call.Screen.Line(Ink.Strong(MemberArguments.NameOf(after)), " leads now");
        return ExitCode.Ok;
    }

    private static async Task MoveAsync(Invocation call, Member leader, Member? target, CancellationToken stop)
    {
        // Only the leader can give leadership away, so it is asked itself.
        await using var client = call.Connect([.. leader.ClientUrls.Select(url => new Uri(url))]);
        await client.Cluster.MoveLeaderAsync(target?.Id ?? 0, stop);
    }

    private static async Task<Member> LeaderAfterAsync(Invocation call, Member before, CancellationToken stop)
    {
        var after = await call.Client.Cluster.GetMembershipAsync(stop);
        return after.Members.FirstOrDefault(member => member.Id == after.LeaderId) ?? before;
    }
}
