using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserPasswordCommand : CliCommand
{
    private readonly Argument<string> _user = new("NAME") { Description = "The user" };
    private readonly Argument<string> _password = new("PASSWORD")
    {
        Description = "The new password; without it, it is read from standard input",
        DefaultValueFactory = _ => PasswordText.FromInput,
    };

    public UserPasswordCommand()
        : base("password", "Change a user's password. What was signed in with the old one has to sign in again.")
    {
        Add(_user);
        Add(_password);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord user password orders", "concord user password orders n3w"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_user);
        await call.Client.Users.ChangePasswordAsync(name, await PasswordText.ReadAsync(call, call.Get(_password), stop), stop);
        return AccessReport.Write(call, new AccessChanged { User = name, Done = "changed" }, $"The password of {Visible.Of(name)} is changed.");
    }
}
