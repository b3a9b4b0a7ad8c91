using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client;
using Grpc.Core;

namespace Concord.Cli.Access;

internal sealed class AuthEnableCommand : CliCommand
{
    private readonly Option<string?> _password = new("--root-password")
    {
        Description = "Also adds the user root with this password and the role root, where they are missing; '-' reads it from standard input",
        HelpName = "PASSWORD",
    };

    public AuthEnableCommand()
        : base("enable", "Check every call from now on. Needs a user 'root' with the role 'root'.")
    {
        Add(_password);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord auth enable --root-password -", "concord auth enable"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        if (call.Get(_password) is { } given)
            await AddRootAsync(call, await PasswordText.ReadAsync(call, given, stop), stop);
        await call.Client.Users.EnableAsync(stop);
        return AccessReport.Write(call, new AccessJson(Enabled: true, Revision: null), "Access is checked from now on: name a user with --user name:password or CONCORD_USER.");
    }

    private static async Task AddRootAsync(Invocation call, string password, CancellationToken stop)
    {
        try
        {
            await call.Client.Users.AddUserAsync("root", password, stop);
        }
        catch (ConcordServerException error) when (error is { Status: StatusCode.FailedPrecondition } && error.Message.Contains("already exists", StringComparison.Ordinal))
        {
            throw new CommandException(ExitCode.Conflict, "There is a user root already.", "Leave --root-password out, or change it with 'concord user password root'.");
        }

        await call.Client.Users.GrantRoleAsync("root", "root", stop);
    }
}
