using Concord.Client.Coordination;

namespace Concord.Cli.Coordination;

internal sealed class LockCommand() : HeldCommand("lock", "Run a command while holding a lock; of all who ask for the same name one runs.")
{
    public override IReadOnlyList<string> Examples { get; } =
        ["concord lock reports/nightly -- ./report.sh --all", "concord lock reports/nightly --wait 0 --ttl 30s -- ./report.sh"];

    protected override async Task<Grant> WaitAsync(Invocation call, string name, LockOptions options, CancellationToken stop)
    {
        try
        {
            return await call.Client.Locks.AcquireAsync(name, options, stop);
        }
        catch (TimeoutException)
        {
            throw new CommandException(ExitCode.Conflict, $"{name} is locked by somebody else.", $"Wait longer (--wait), or see who holds it: concord kv get {name}/ --prefix");
        }
    }
}
