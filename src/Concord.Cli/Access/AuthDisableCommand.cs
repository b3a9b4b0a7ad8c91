using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class AuthDisableCommand : CliCommand
{
    public AuthDisableCommand()
        : base("disable", "Let everybody do everything. Users and roles stay.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord auth disable --user root:secret"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        await call.Client.Users.DisableAsync(stop);
        return AccessReport.Write(call, new AccessJson(Enabled: false, Revision: null), "Access is not checked any more: everybody may do everything.");
    }
}
