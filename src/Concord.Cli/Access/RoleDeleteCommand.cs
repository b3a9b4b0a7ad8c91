using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class RoleDeleteCommand : CliCommand
{
    private readonly Argument<string> _name = new("ROLE") { Description = "The role" };

    public RoleDeleteCommand()
        : base("delete", "Delete a role, and take it from its users.")
    {
        Add(_name);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord role delete orders-reader"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_name);
        await call.Client.Users.DeleteRoleAsync(name, stop);
        return AccessReport.Write(call, new AccessChanged { Role = name, Done = "deleted" }, $"The role {Visible.Of(name)} is deleted.");
    }
}
