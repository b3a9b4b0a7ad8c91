using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Users;

namespace Concord.Cli.Access;

internal sealed class RoleGrantConfigCommand : CliCommand
{
    private readonly Argument<string> _role = new("ROLE") { Description = "The role" };
    private readonly Argument<string> _deed = ConfigPermissions.Deed();
    private readonly Argument<string> _target = ConfigPermissions.Target();

    public RoleGrantConfigCommand()
        : base("grant-config", "Let a role read, edit or publish configurations.")
    {
        Add(_role);
        Add(_deed);
        Add(_target);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord role grant-config orders-app read orders/prod", "concord role grant-config release-team publish orders"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (role, deed, target) = (call.Get(_role), call.Get(_deed), call.Get(_target));
        var present = await call.Client.Users.GetRoleAsync(role, stop);
        var granted = new List<KeyPermission>();
        foreach (var needed in ConfigPermissions.Of(target, deed))
        {
            // A grant replaces the one for the same keys: what the role has already stays in it.
            var access = needed.Access | (present.FirstOrDefault(one => one.Range == needed.Range)?.Access ?? KeyAccess.None);
            var permission = new KeyPermission(access, needed.Range);
            if (!present.Contains(permission))
                await call.Client.Users.GrantPermissionAsync(role, permission, stop);
            granted.Add(permission);
        }

        var change = new AccessChanged { Role = role, Done = "granted", Permissions = [.. granted.Select(PermissionText.ToJson)] };
        return AccessReport.Write(call, change, $"The role {Visible.Of(role)} may {deed} {Visible.Of(target)}.");
    }
}
