using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Concord.Cli;

/// <summary>The usual help, and below it what the parser does not know: examples and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string ExitCodes =
        """
        Exit codes:
          0  done                     4  not found
          1  failed otherwise         5  no server answered in time
          2  wrong usage or document  6  not permitted
          3  conflict                 7  differences (config diff --exit-code)
          130  interrupted
        """;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        switch (parseResult.CommandResult.Command)
        {
            case CliCommand command:
                WriteExamples(output, command.Examples);
                break;
            case ConcordCommand root:
                WriteExamples(output, root.Examples);
                output.WriteLine(ExitCodes);
                output.WriteLine();
                break;
        }

        output.Flush();
        return (int)ExitCode.Ok;
    }

    private static void WriteExamples(TextWriter output, IReadOnlyList<string> examples)
    {
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (var example in examples)
            output.WriteLine("  " + example);
        output.WriteLine();
    }
}
