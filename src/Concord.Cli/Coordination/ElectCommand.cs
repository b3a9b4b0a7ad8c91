using System.CommandLine;
using Concord.Client.Coordination;

namespace Concord.Cli.Coordination;

internal sealed class ElectCommand : HeldCommand
{
    private readonly Option<string?> _value = new("--value")
    {
        HelpName = "TEXT",
        Description = "What others see of the leader. Default: the author, user@host",
    };

    public ElectCommand()
        : base("elect", "Run a command as the leader of an election; of all who campaign for the same name one runs.") => Add(_value);

    public override IReadOnlyList<string> Examples { get; } =
        ["concord elect scheduler -- ./scheduler", "concord elect scheduler --value 10.0.0.7:8080 -- ./scheduler --port 8080"];

    protected override async Task<Grant> WaitAsync(Invocation call, string name, LockOptions options, CancellationToken stop)
    {
        try
        {
            return await call.Client.Elections.CampaignAsync(name, call.Get(_value) ?? call.Author, options, stop);
        }
        catch (TimeoutException)
        {
            throw new CommandException(ExitCode.Conflict, $"{name} has another leader.", $"Wait longer (--wait), or see who leads: concord kv get {name}/ --prefix");
        }
    }
}
