using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserAddCommand : CliCommand
{
    private readonly Argument<string> _user = new("NAME[:PASSWORD]") { Description = "The new user; without a password it is read from standard input" };
    private readonly Option<bool> _noPassword = new("--no-password") { Description = "The user signs in by a client certificate of its name only" };
    private readonly Option<string[]> _roles = new("--role") { Description = "Give it this role too", HelpName = "ROLE" };

    public UserAddCommand()
        : base("add", "Add a user.")
    {
        Add(_user);
        Add(_noPassword);
        Add(_roles);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord user add orders:s3cret --role orders-reader", "concord user add machine-7 --no-password"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var text = call.Get(_user);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        if (call.Get(_noPassword) && colon >= 0)
            throw new CommandException(ExitCode.Usage, "The user has a password and --no-password.", "Give one of them.");
        var password = call.Get(_noPassword) ? null
            : colon >= 0 ? text[(colon + 1)..]
            : await PasswordText.ReadAsync(call, PasswordText.FromInput, stop);
        await call.Client.Users.AddUserAsync(name, password, stop);
        foreach (var role in call.Get(_roles) ?? [])
            await call.Client.Users.GrantRoleAsync(name, role, stop);
        return AccessReport.Write(call, new AccessChanged { User = name, Done = "added" }, $"The user {Visible.Of(name)} is added.");
    }
}
