using Concord.Cli.Output;
using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

/// <summary>Makes a change of members and tells what was done and what to do next.</summary>
internal static class MembershipReport
{
    /// <param name="newcomers">To be added, each with the voter that it replaces or null.</param>
    public static async Task<ExitCode> ChangeAsync(
        Invocation call, IReadOnlyList<(NewcomerText Text, bool IsLearner, Member? Replaces)> newcomers, IReadOnlyList<Member> leaving, CancellationToken stop)
    {
        NewMember[] add = [.. newcomers.Select(one => new NewMember(one.Text.PeerUrls, one.IsLearner, one.Replaces?.Id ?? 0))];
        var (ids, leader, members) = await call.Client.Cluster.ReconfigureAsync(add, [.. leaving.Select(member => member.Id)], stop);
        MemberAdded[] added =
        [
            .. newcomers.Select((one, i) => new MemberAdded(
                MemberArguments.Hex(ids[i]), one.Text.Name, one.Text.PeerUrls,
                one.Replaces is { } replaced ? MemberArguments.Hex(replaced.Id) : null,
                StartLine.Of(one.Text, members))),
        ];
        if (call.WantsJson)
        {
            call.WriteJson(
                new MembersChanged
                {
                    Added = added.Length > 0 ? added : null,
                    Removed = leaving.Count > 0 ? [.. leaving.Select(member => MemberArguments.Hex(member.Id))] : null,
                    Members = [.. members.Select(member => MemberJson.Of(member, leader))],
                },
                OutputJson.Pretty.MembersChanged);
            return ExitCode.Ok;
        }

        foreach (var member in leaving)
            call.Screen.Line(new Ink("- ", Palette.Removed), Ink.Strong(MemberArguments.NameOf(member)), Ink.Dim($"  {MemberArguments.Hex(member.Id)}  "), "removed; stop its process and keep its data directory out of use");
        for (var i = 0; i < added.Length; i++)
            Write(call.Screen, added[i], newcomers[i].IsLearner, newcomers[i].Replaces);
        return ExitCode.Ok;
    }

    private static void Write(Screen screen, MemberAdded added, bool isLearner, Member? replaced)
    {
        var then = isLearner ? "added as a learner; 'concord cluster promote' gives it a vote"
            : replaced is { } old ? $"added; it takes the place of {MemberArguments.NameOf(old)} when it has caught up"
            : "added; it gets its vote when it has caught up";
        screen.Line(new Ink("+ ", Palette.Added), Ink.Strong(added.Name), Ink.Dim($"  {added.Id}  "), then);
        screen.Line("  start it on its host (adapt the client addresses and the data directory if you must):");
        screen.Line($"    {added.Start}");
    }
}
