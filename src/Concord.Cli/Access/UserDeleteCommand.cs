using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserDeleteCommand : CliCommand
{
    private readonly Argument<string> _name = new("USER") { Description = "The user" };

    public UserDeleteCommand()
        : base("delete", "Delete a user. What it was signed in to ends.")
    {
        Add(_name);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord user delete orders"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_name);
        await call.Client.Users.DeleteUserAsync(name, stop);
        return AccessReport.Write(call, new AccessChanged { User = name, Done = "deleted" }, $"The user {Visible.Of(name)} is deleted.");
    }
}
