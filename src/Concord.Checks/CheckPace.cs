namespace Concord.Checks;

/// <summary>
/// When instances are looked at: each at its own interval, none of them together, and never more at once than there should be
/// sockets.
/// </summary>
/// <param name="fault">Is told of a fault of ours in one look, which must not end the looking.</param>
public sealed class CheckPace(TimeProvider time, Action<Exception> fault) : IDisposable
{
    /// <summary>Looks under way at once: each is a socket.</summary>
    private const int LooksMax = 128;

    private readonly SemaphoreSlim _looks = new(LooksMax, LooksMax);

    public void Dispose() => _looks.Dispose();

    /// <summary>Looks again and again, until it is told to stop.</summary>
    /// <param name="look">Looks once.</param>
    /// <param name="take">Does something about what was found; the next look waits for it.</param>
    public async Task RunAsync(CheckSpec check, Func<CancellationToken, Task<ProbeResult>> look, Func<ProbeResult, CancellationToken, Task> take, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(check);
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(take);
        var interval = TimeSpan.FromMilliseconds(check.IntervalMs);
        try
        {
            // Instances that were registered together, or taken over together, are not looked at together.
            await Task.Delay(interval * (Random.Shared.NextDouble() / 2), time, stop);
            while (true)
            {
                try
                {
                    await take(await LookAsync(look, stop), stop);
                }
                catch (Exception error)
                {
                    if (stop.IsCancellationRequested)
                    {
                        // What goes wrong while everything is taken down is no fault.
                        return;
                    }

                    fault(error);
                }

                await Task.Delay(interval * (0.9 + (Random.Shared.NextDouble() / 5)), time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Somebody else's, or gone.
        }
    }

    private async Task<ProbeResult> LookAsync(Func<CancellationToken, Task<ProbeResult>> look, CancellationToken stop)
    {
        await _looks.WaitAsync(stop);
        try
        {
            return await look(stop);
        }
        finally
        {
            _looks.Release();
        }
    }
}
