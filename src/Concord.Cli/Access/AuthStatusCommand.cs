using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class AuthStatusCommand : CliCommand
{
    public AuthStatusCommand()
        : base("status", "Say whether calls are checked.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord auth status", "concord auth status -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var status = await call.Client.Users.GetStatusAsync(stop);
        return AccessReport.Write(
            call,
            new AccessJson(status.Enabled, status.Revision),
            status.Enabled ? "Every call is checked." : "Calls are not checked: everybody may do everything.");
    }
}
