using System.CommandLine;
using Concord.Cli.Kv;
using Concord.Cli.Output;
using Concord.Client.Users;

namespace Concord.Cli.Access;

internal sealed class RoleGrantCommand : CliCommand
{
    private readonly Argument<string> _role = new("ROLE") { Description = "The role" };
    private readonly Argument<KeyAccess> _access = PermissionText.AccessArgument();
    private readonly KeyRangeArguments _range = new();

    public RoleGrantCommand()
        : base("grant", "Let a role read or write keys. For the same keys the last one counts.")
    {
        Add(_role);
        Add(_access);
        _range.AddTo(this);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord role grant orders-app readwrite orders/ --prefix", "concord role grant orders-app read greeting"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var role = call.Get(_role);
        var permission = new KeyPermission(call.Get(_access), _range.RangeOf(call));
        await call.Client.Users.GrantPermissionAsync(role, permission, stop);
        var change = new AccessChanged { Role = role, Done = "granted", Permissions = [PermissionText.ToJson(permission)] };
        return AccessReport.Write(call, change, $"The role {Visible.Of(role)} may {PermissionText.WordOf(permission.Access)} {PermissionText.KeysOf(permission.Range)}.");
    }
}
