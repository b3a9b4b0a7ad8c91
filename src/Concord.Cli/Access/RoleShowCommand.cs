using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class RoleShowCommand : CliCommand
{
    private readonly Argument<string> _role = new("ROLE") { Description = "The role; everybody may ask about their own" };

    public RoleShowCommand()
        : base("show", "Show the permissions of a role.")
    {
        Add(_role);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord role show orders-reader"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_role);
        var permissions = await call.Client.Users.GetRoleAsync(name, stop);
        if (call.WantsJson)
        {
            call.WriteJson(new(name, [.. permissions.Select(PermissionText.ToJson)]), OutputJson.Pretty.RoleJson);
            return ExitCode.Ok;
        }

        if (permissions.Count == 0)
            call.Screen.Line(Ink.Dim("no permission"));
        var table = new TableView(new("ACCESS", KeepWidth: true), new("KEYS"));
        foreach (var permission in permissions)
            table.Row(PermissionText.WordOf(permission.Access), PermissionText.KeysOf(permission.Range));
        if (permissions.Count > 0)
            call.Screen.Table(table);
        return ExitCode.Ok;
    }
}
