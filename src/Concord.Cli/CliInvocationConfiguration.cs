using System.CommandLine;

namespace Concord.Cli;

/// <summary>Carries the host from the process to the command that runs.</summary>
internal sealed class CliInvocationConfiguration : InvocationConfiguration
{
    public CliInvocationConfiguration(CliHost host)
    {
        Host = host;
        Output = host.Out;
        Error = host.Error;
        EnableDefaultExceptionHandler = false;
    }

    public CliHost Host { get; }
}
