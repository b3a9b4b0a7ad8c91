using System.Text;
using Concord.Cli.Output;

namespace Concord.Cli;

/// <summary>Everything a command touches outside itself, apart from files and the server: the terminal, the environment, the clock.</summary>
internal sealed class CliHost : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Standard output as bytes, for values that are not text; <see cref="Out"/> is flushed before it is used.</summary>
    public required Stream OutStream { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required Stream In { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Looks an environment variable up; null or empty when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Who acts when nobody is named.</summary>
    public required string DefaultAuthor { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static CliHost OfProcess()
    {
        var output = Console.OpenStandardOutput();
        return new()
        {
            OutStream = output,
            Out = new StreamWriter(output, Utf8, bufferSize: 16 * 1024),
            Error = new StreamWriter(Console.OpenStandardError(), Utf8) { AutoFlush = true },
            In = Console.OpenStandardInput(),
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Width = WidthOfTerminal(),
            Variable = Environment.GetEnvironmentVariable,
            DefaultAuthor = $"{Environment.UserName}@{Environment.MachineName}",
        };
    }

    public Screen Screen(bool noColor) => new(Out, OutIsTerminal, OutIsTerminal && !noColor && ColorsWanted, Width, Time);

    public Screen ErrorScreen(bool noColor) =>
        new(Error, ErrorIsTerminal, ErrorIsTerminal && !noColor && ColorsWanted, Width, Time);

    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
        OutStream.Dispose();
        In.Dispose();
    }

    /// <summary>The customs of terminals: NO_COLOR with any value, and TERM=dumb.</summary>
    private bool ColorsWanted => string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    private static int WidthOfTerminal()
    {
        try
        {
            return Console.IsOutputRedirected || Console.WindowWidth <= 0 ? 80 : Console.WindowWidth;
        }
        catch (IOException)
        {
            // A terminal that does not tell its size.
            return 80;
        }
    }
}
