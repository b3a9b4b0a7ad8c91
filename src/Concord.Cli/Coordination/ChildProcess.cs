using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Cli.Coordination;

/// <summary>A command that runs below this one, with its terminal and its environment.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1));
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            return new(Process.Start(start) ?? throw new UnreachableException("A new process is always started without the shell."));
        }
        catch (Win32Exception error)
        {
            throw new CommandException(ExitCode.Usage, $"The command '{command[0]}' cannot be started: {error.Message}", "Check its name and whether it may be executed.");
        }
    }

    /// <summary>Waits for its end; its exit code, which is 128 + n after signal n.</summary>
    public async Task<int> WaitAsync(CancellationToken stop)
    {
        await _process.WaitForExitAsync(stop);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, waits so long, then kills it with everything that it has started.</summary>
    public async Task EndAsync(TimeSpan grace, TimeProvider time)
    {
        // Where there is no such signal there is nothing to ask with.
        if (grace > TimeSpan.Zero && !OperatingSystem.IsWindows() && !_process.HasExited && SendSignal(_process.Id, SigTerm) == 0)
        {
            using var patience = new CancellationTokenSource(grace, time);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public void Dispose() => _process.Dispose();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
