using Concord.Cli.Output;
using Concord.Client.Members;
using Spectre.Console;

namespace Concord.Cli.Members;

internal sealed class GossipMembersCommand : CliCommand
{
    public GossipMembersCommand()
        : base("members", "List servers and agents that are there, as one server sees it by gossip.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord members", "concord members -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var group = await call.Client.Members.ListAsync(stop);
        if (call.WantsJson)
        {
            call.WriteJson(GossipGroupJson.Of(group), OutputJson.Pretty.GossipGroupJson);
            return ExitCode.Ok;
        }

        var table = new TableView(
            new("NAME"), new("STATUS", KeepWidth: true), new("ROLE", KeepWidth: true), new("ADDRESS"), new("ZONE", Dispensable: true), new("CLIENTS REACH IT AT", Dispensable: true));
        foreach (var member in group.Members)
        {
            table.Row(
                Ink.Strong(Visible.Of(member.Name)), new Ink(GossipMemberJson.Word(member.Status), ColourOf(member.Status)),
                Or(member.Role), member.Address, Or(member.Zone), Or(string.Join(',', member.ClientUrls)));
        }

        call.Screen.Table(table);
        call.Screen.Line(Ink.Dim($"As {Visible.Of(group.From)} sees it{(group.IsEncrypted ? "" : "; not encrypted")}."));
        return ExitCode.Ok;
    }

    private static Style ColourOf(GossipStatus status) => status switch
    {
        GossipStatus.Alive => Palette.Added,
        GossipStatus.Dead => Palette.Removed,
        _ => Palette.Changed,
    };

    private static string Or(string text) => text.Length > 0 ? Visible.Of(text) : "-";
}
