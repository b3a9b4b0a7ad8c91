using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserShowCommand : CliCommand
{
    private readonly Argument<string> _user = new("NAME") { Description = "The user; everybody may ask about themselves" };

    public UserShowCommand()
        : base("show", "Show the roles of a user.")
    {
        Add(_user);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord user show orders"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_user);
        var roles = await call.Client.Users.GetUserAsync(name, stop);
        if (call.WantsJson)
        {
            call.WriteJson(new(name, roles), OutputJson.Pretty.UserJson);
            return ExitCode.Ok;
        }

        call.Screen.Line(roles.Count == 0 ? Ink.Dim("no role: may do nothing") : Visible.Of(string.Join(", ", roles)));
        return ExitCode.Ok;
    }
}
