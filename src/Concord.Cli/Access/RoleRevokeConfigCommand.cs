using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class RoleRevokeConfigCommand : CliCommand
{
    private readonly Argument<string> _role = new("ROLE") { Description = "The role" };
    private readonly Argument<string> _target = ConfigPermissions.Target();

    public RoleRevokeConfigCommand()
        : base("revoke-config", "Take from a role what it may do with the configurations of an application, or of one environment. What it may read of the defaults stays.")
    {
        Add(_role);
        Add(_target);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord role revoke-config orders-app orders/prod"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (role, target) = (call.Get(_role), call.Get(_target));
        var present = await call.Client.Users.GetRoleAsync(role, stop);
        var revoked = present.Where(permission => ConfigPermissions.All(target).Contains(permission.Range)).ToList();
        if (revoked.Count == 0)
            throw new CommandException(ExitCode.NotFound, $"The role {role} has no permission for {target}.", $"See 'concord role show {role}'.");
        foreach (var permission in revoked)
            await call.Client.Users.RevokePermissionAsync(role, permission.Range, stop);
        var change = new AccessChanged { Role = role, Done = "revoked", Permissions = [.. revoked.Select(PermissionText.ToJson)] };
        return AccessReport.Write(call, change, $"The role {Visible.Of(role)} may not do anything with {Visible.Of(target)} any more.");
    }
}
