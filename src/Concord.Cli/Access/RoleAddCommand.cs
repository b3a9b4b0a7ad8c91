using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class RoleAddCommand : CliCommand
{
    private readonly Argument<string> _name = new("ROLE") { Description = "The new role" };

    public RoleAddCommand()
        : base("add", "Add a role, without any permission.")
    {
        Add(_name);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord role add orders-reader"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_name);
        await call.Client.Users.AddRoleAsync(name, stop);
        return AccessReport.Write(call, new AccessChanged { Role = name, Done = "added" }, $"The role {Visible.Of(name)} is added.");
    }
}
