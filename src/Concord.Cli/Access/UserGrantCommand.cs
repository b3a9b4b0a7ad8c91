using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserGrantCommand : CliCommand
{
    private readonly Argument<string> _user = new("USER") { Description = "The user" };
    private readonly Argument<string> _role = new("ROLE") { Description = "The role; 'root' may do everything" };

    public UserGrantCommand()
        : base("grant", "Give a user a role.")
    {
        Add(_user);
        Add(_role);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord user grant orders orders-reader"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (user, role) = (call.Get(_user), call.Get(_role));
        await call.Client.Users.GrantRoleAsync(user, role, stop);
        return AccessReport.Write(
            call, new AccessChanged { User = user, Role = role, Done = "granted" }, $"The user {Visible.Of(user)} has the role {Visible.Of(role)}.");
    }
}
