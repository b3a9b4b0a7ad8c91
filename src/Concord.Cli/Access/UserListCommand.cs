using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal sealed class UserListCommand : CliCommand
{
    public UserListCommand()
        : base("list", "List the users.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord user list"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var users = await call.Client.Users.ListUsersAsync(stop);
        if (call.WantsJson)
        {
            call.WriteJson(new(users), OutputJson.Pretty.UserList);
            return ExitCode.Ok;
        }

        foreach (var user in users)
            call.Screen.Line(Visible.Of(user));
        return ExitCode.Ok;
    }
}
