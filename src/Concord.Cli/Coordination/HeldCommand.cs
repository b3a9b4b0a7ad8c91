using System.CommandLine;
using System.Globalization;
using Concord.Client;
using Concord.Client.Coordination;

namespace Concord.Cli.Coordination;

/// <summary>Runs a command while a turn is held: ends with its exit code, and ends it when the turn is about to be lost.</summary>
internal abstract class HeldCommand : CliCommand
{
    private const string FencingTokenVariable = "CONCORD_FENCING_TOKEN";
    private const string KeyVariable = "CONCORD_LOCK_KEY";

    /// <summary>For a command that is asked to end because this one is.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Argument<string> _name = new("NAME") { Description = "What it is asked for by; its keys are those below NAME/" };
    private readonly Argument<string[]> _command = new("COMMAND") { Description = "The command to run, behind --", Arity = ArgumentArity.OneOrMore };
    private readonly Option<TimeSpan?> _ttl = TimeOption.Create("--ttl", "How long the turn outlives this process if it is killed. Default: 15s");
    private readonly Option<TimeSpan?> _wait = TimeOption.Create("--wait", "How long to wait for the turn; 0 looks once. Default: without end", canBeZero: true);

    protected HeldCommand(string name, string description)
        : base(name, description)
    {
        Add(_name);
        Add(_command);
        Add(_ttl);
        Add(_wait);
    }

    public override TimeSpan StopTimeOf(ParseResult parsed) => Grace + TimeSpan.FromSeconds(5);

    protected abstract Task<Grant> WaitAsync(Invocation call, string name, LockOptions options, CancellationToken stop);

    protected sealed override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var name = call.Get(_name);
        if (name.Length == 0)
            throw new CommandException(ExitCode.Usage, "NAME is empty.", "Give a name, such as reports/nightly.");
        var options = new LockOptions { Ttl = call.Get(_ttl) ?? new LockOptions().Ttl, Wait = call.Get(_wait) };
        await using var grant = await WaitAsync(call, name, options, stop);
        var environment = new Dictionary<string, string>
        {
            [FencingTokenVariable] = grant.FencingToken.ToString(CultureInfo.InvariantCulture),
            [KeyVariable] = grant.Key.ToString(),
        };
        using var child = ChildProcess.Start(call.Get(_command), environment);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, grant.Lost);
        try
        {
            return (ExitCode)await child.WaitAsync(end.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The turn is held until the command has ended.
            await child.EndAsync(Grace, call.Host.Time);
            throw;
        }
        catch (OperationCanceledException)
        {
            // Without renewals there is some time left; when the key is gone somebody else may have the turn already.
            var grace = grant.LostReason is ConcordUnavailableException ? grant.Margin / 2 : TimeSpan.Zero;
            await child.EndAsync(grace, call.Host.Time);
            throw new CommandException(
                ExitCode.Unavailable,
                $"{name} was lost, so the command was ended: {grant.LostReason?.Message}",
                "See whether the servers run, and what the command left half done.")
            {
                Code = "lost",
            };
        }
    }
}
