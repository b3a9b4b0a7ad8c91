using System.CommandLine;
using Concord.Cli.Errors;

namespace Concord.Cli;

/// <summary>Runs one command line against a host.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken stop = default)
    {
        var parsed = new ConcordCommand().Parse(args, new ParserConfiguration
        {
            // A value may start with '@': it does not name a file with more arguments.
            ResponseFileTokenReplacer = null,
        });
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
            return await RefuseAsync(parsed, host);

        return await parsed.InvokeAsync(new CliInvocationConfiguration(host), stop);
    }

    private static async Task<int> RefuseAsync(ParseResult parsed, CliHost host)
    {
        var noColor = parsed.GetValue(((ConcordCommand)parsed.RootCommandResult.Command).Global.NoColor);
        var screen = host.ErrorScreen(noColor);
        foreach (var error in parsed.Errors)
        {
            new ErrorReport { ExitCode = ExitCode.Usage, Code = "usage", Message = error.Message }
                .WriteText(screen, source: null);
        }

        screen.Line(Output.Ink.Dim($"  help: {NameOf(parsed.CommandResult.Command)} --help"));
        await host.Error.FlushAsync();
        return (int)ExitCode.Usage;
    }

    /// <summary>The command with those above it, as it is typed.</summary>
    private static string NameOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{NameOf(parent)} {command.Name}"
        : "concord";
}
