using System.Text;

namespace Concord.Cli.Access;

/// <summary>Passwords as they are given: on the command line, or on standard input, where other users of the machine do not see them.</summary>
internal static class PasswordText
{
    public const string FromInput = "-";

    public static async Task<string> ReadAsync(Invocation call, string given, CancellationToken stop)
    {
        if (given != FromInput)
            return given;
        using var reader = new StreamReader(call.Host.In, new UTF8Encoding(false), leaveOpen: true);
        return await reader.ReadLineAsync(stop)
            ?? throw new CommandException(ExitCode.Usage, "Standard input holds no password.", "Write it there, ended by a line feed.");
    }
}
