using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserRevokeCommand : CliCommand
{
    private readonly Argument<string> _user = new("USER") { Description = "The user" };
    private readonly Argument<string> _role = new("ROLE") { Description = "The role" };

    public UserRevokeCommand()
        : base("revoke", "Take a role from a user.")
    {
        Add(_user);
        Add(_role);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord user revoke orders orders-reader"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (user, role) = (call.Get(_user), call.Get(_role));
        await call.Client.Users.RevokeRoleAsync(user, role, stop);
        return AccessReport.Write(
            call, new AccessChanged { User = user, Role = role, Done = "revoked" }, $"The user {Visible.Of(user)} has not the role {Visible.Of(role)} any more.");
    }
}
