using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Cluster;

internal sealed class ResizeCommand : CliCommand
{
    private readonly Argument<long?> _size = NumberOption.Positive("SIZE", "How many voters there shall be: 1, 3, 5 or 7");
    private readonly Option<NewcomerText[]> _add = MemberArguments.Newcomers("A member to add; repeat it for several");
    private readonly Option<string[]> _remove = new("--remove")
    {
        Description = "Name or id of a member that leaves; repeat it for several",
        HelpName = "MEMBER",
    };

    public ResizeCommand()
        : base("resize", "Add and remove several members in one step, and check that the number comes out as meant.")
    {
        Add(_size);
        Add(_add);
        Add(_remove);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord cluster resize 5 --add n4=http://10.0.0.4:2380 --add n5=http://10.0.0.5:2380",
        "concord cluster resize 3 --remove n4 --remove n5",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var members = (await call.Client.Cluster.GetMembershipAsync(stop)).Members;
        var (size, add, remove) = (call.Get(_size)!.Value, call.Get(_add) ?? [], call.Get(_remove) ?? []);
        var leaving = remove.Select(word => MemberArguments.Find(members, word)).ToArray();
        var voters = members.Count(CountsAsVoter);
        var after = voters + add.Length - leaving.Count(CountsAsVoter);
        if (after != size)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"{voters} voters, {add.Length} added and {leaving.Count(CountsAsVoter)} removed make {after}, not {size}.",
                after < size ? $"Name {size - after} more with --add." : $"Name {after - size} more with --remove.");
        }

        return await MembershipReport.ChangeAsync(call, [.. add.Select(one => (one, false, (Client.Cluster.Member?)null))], leaving, stop);
    }

    /// <summary>One that gets its vote by itself is meant to have it; one that replaces another does not change the number.</summary>
    private static bool CountsAsVoter(Client.Cluster.Member member) => !member.IsLearner || member is { BecomesVoter: true, Replaces: 0 };
}
