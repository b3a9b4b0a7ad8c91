namespace Concord.Cli;

/// <summary>A command cannot go on for a reason that it can explain: shown as it is, without a trace.</summary>
internal sealed class CommandException(ExitCode exitCode, string message, string remedy = "") : Exception(message)
{
    public ExitCode ExitCode { get; } = exitCode;

    /// <summary>What to do about it; empty if the message says it all.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>The stable word for scripts where the exit code does not say enough; else null.</summary>
    public string? Code { get; init; }
}
