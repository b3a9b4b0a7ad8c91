using Concord.Cli.Output;

namespace Concord.Cli.Cluster;

internal sealed class MembersCommand : CliCommand
{
    public MembersCommand()
        : base("members", "List the members, as the majority agrees on them.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord cluster members", "concord cluster members -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var membership = await call.Client.Cluster.GetMembershipAsync(stop);
        MemberJson[] members = [.. membership.Members.Select(member => MemberJson.Of(member, membership.LeaderId))];
        if (call.WantsJson)
        {
            call.WriteJson(new(MemberArguments.Hex(membership.ClusterId), members), OutputJson.Pretty.MemberList);
            return ExitCode.Ok;
        }

        var table = new TableView(
            new("ID", KeepWidth: true), new("NAME"), new("ROLE", KeepWidth: true), new("PEERS REACH IT AT"), new("CLIENTS REACH IT AT"));
        foreach (var member in members)
            table.Row(Ink.Strong(member.Id), member.Name ?? "-", RoleOf(member), UrlsOf(member.PeerUrls), UrlsOf(member.ClientUrls));
        call.Screen.Table(table);
        if (members.Any(member => member.Name is null))
            call.Screen.Line(Ink.Dim("A member without a name has not been started yet."));
        return ExitCode.Ok;
    }

    private static string UrlsOf(IReadOnlyList<string> urls) => urls.Count == 0 ? "-" : string.Join(',', urls);

    private static string RoleOf(MemberJson member) => member switch
    {
        { IsLeader: true } => "leader",
        { Replaces: { } replaced } => $"joining for {replaced}",
        _ => member.Role,
    };
}
