using System.CommandLine;
using System.CommandLine.Parsing;
using Concord.Cli.Errors;
using Concord.Cli.Output;

namespace Concord.Cli;

/// <summary>Runs one command line against a host.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken stop = default)
    {
        var root = new ConcordCommand(host.Width);
        var parsed = root.Parse(args, new ParserConfiguration
        {
            // A value may start with '@': it does not name a file with more arguments.
            ResponseFileTokenReplacer = null,
        });
        var configuration = new CliInvocationConfiguration(host);
        if (parsed is { Errors.Count: 0, CommandResult.Command: CliCommand command })
            configuration.ProcessTerminationTimeout = command.StopTimeOf(parsed);
        if (parsed.Errors.Count == 0 || parsed.Action is HelpWithExamples)
            return await parsed.InvokeAsync(configuration, stop);

        if (parsed.UnmatchedTokens.Count == 0 && IsGroup(parsed.CommandResult.Command))
        {
            // Only half a command: what could follow is the answer.
            await root.Parse([.. args, "--help"]).InvokeAsync(configuration, stop);
            return (int)ExitCode.Usage;
        }

        Refuse(parsed, root, host);
        return (int)ExitCode.Usage;
    }

    private static void Refuse(ParseResult parsed, ConcordCommand root, CliHost host)
    {
        var command = parsed.CommandResult.Command;
        ErrorReport[] reports = IsGroup(command) && parsed.UnmatchedTokens is [var unknown, ..]
            ? [Unknown(command, unknown)]
            : [.. parsed.Errors.Select(error => Usage(MessageOf(error), ""))];
        var help = $"{NameOf(command)} --help";
        if (OutputOption.Of(parsed) == OutputFormat.Json)
        {
            var all = Usage(string.Join("; ", reports.Select(report => report.Message)), $"See {help}");
            Json.Write(host.Error, new ErrorDocument(ErrorJson.Of(all)), OutputJson.Pretty.ErrorDocument);
            return;
        }

        var screen = host.ErrorScreen(parsed.GetResult(root.Global.NoColor) is not null);
        foreach (var report in reports)
            report.WriteText(screen, source: null);
        screen.Line(Ink.Dim("  help: "), help);
    }

    private static ErrorReport Unknown(Command group, string word) => Usage(
        word.StartsWith('-') ? $"There is no option '{word}'." : $"There is no command '{NameOf(group)} {word}'.",
        NearestOf(group, word) is { } nearest ? $"Did you mean {NameOf(nearest)}?" : "");

    private static ErrorReport Usage(string message, string remedy) =>
        new() { ExitCode = ExitCode.Usage, Code = "usage", Message = message, Remedy = remedy };

    private static string MessageOf(ParseError error) => error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing
        ? $"{missing.Argument.Name} is missing"
        : error.Message;

    private static bool IsGroup(Command command) => command is CommandGroup or ConcordCommand;

    private static Command? NearestOf(Command group, string word) =>
        group.Subcommands.MinBy(one => EditDistance.Between(one.Name, word)) is { } nearest
        && EditDistance.Between(nearest.Name, word) <= 2 ? nearest : null;

    /// <summary>The command with those above it, as it is typed.</summary>
    private static string NameOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{NameOf(parent)} {command.Name}"
        : "concord";
}
