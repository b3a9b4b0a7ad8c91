using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class RoleListCommand : CliCommand
{
    public RoleListCommand()
        : base("list", "List the roles.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord role list"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var roles = await call.Client.Users.ListRolesAsync(stop);
        if (call.WantsJson)
        {
            call.WriteJson(new(roles), OutputJson.Pretty.RoleList);
            return ExitCode.Ok;
        }

        foreach (var role in roles)
            call.Screen.Line(Visible.Of(role));
        return ExitCode.Ok;
    }
}
