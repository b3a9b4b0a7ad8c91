using System.CommandLine;
using Concord.Cli.Kv;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class RoleRevokeCommand : CliCommand
{
    private readonly Argument<string> _role = new("ROLE") { Description = "The role" };
    private readonly KeyRangeArguments _range = new();

    public RoleRevokeCommand()
        : base("revoke", "Take a permission from a role: the one for exactly these keys.")
    {
        Add(_role);
        _range.AddTo(this);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord role revoke orders-app orders/ --prefix"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (role, range) = (call.Get(_role), _range.RangeOf(call));
        await call.Client.Users.RevokePermissionAsync(role, range, stop);
        return AccessReport.Write(
            call,
            new AccessChanged { Role = role, Done = "revoked" },
            $"The role {Visible.Of(role)} has no permission for {PermissionText.KeysOf(range)} any more.");
    }
}
