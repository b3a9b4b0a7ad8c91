using System.CommandLine;
using Concord.Cli.Errors;

namespace Concord.Cli;

/// <summary>One command: what it takes, what it does, and examples for its help.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description)
        : base(name, description) => SetAction(InvokeAsync);

    /// <summary>Whole command lines that work when pasted, with the server of the five-minute walk.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>How long the command may go on after Ctrl-C or SIGTERM before the process is ended.</summary>
    public virtual TimeSpan StopTimeOf(ParseResult parsed) => TimeSpan.FromSeconds(2);

    /// <summary>What Ctrl-C means: for a command that runs until then, success.</summary>
    protected virtual ExitCode WhenInterrupted => ExitCode.Interrupted;

    protected abstract Task<ExitCode> RunAsync(Invocation call, CancellationToken stop);

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken stop)
    {
        await using var call = new Invocation(parsed);
        try
        {
            var exitCode = await RunAsync(call, stop);
            await call.Host.Out.FlushAsync(CancellationToken.None);
            return (int)exitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await call.Host.Out.FlushAsync(CancellationToken.None);
            return (int)WhenInterrupted;
        }
        catch (Exception exception) when (ErrorReport.Of(exception, call) is { } report)
        {
            await call.Host.Out.FlushAsync(CancellationToken.None);
            report.Write(call);
            return (int)report.ExitCode;
        }
    }
}
