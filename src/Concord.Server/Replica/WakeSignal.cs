using System.Threading.Tasks.Sources;

namespace Concord.Server.Replica;

/// <summary>
/// Wakes one waiter, again and again, without allocating. The owner's lock decides who wakes: <see cref="Arm"/> and
/// <see cref="TryTake"/> are called under it, <see cref="WaitAsync"/> and <see cref="Complete"/> need not be.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private readonly Lock _gate;
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private bool _isArmed;

    public WakeSignal(Lock gate) => _gate = gate;

    /// <summary>From now on somebody waits.</summary>
    public void Arm()
    {
        _core.Reset();
        _isArmed = true;
    }

    /// <summary>To be awaited once after each <see cref="Arm"/>.</summary>
    public ValueTask WaitAsync(CancellationToken cancellation)
    {
        var task = new ValueTask(this, _core.Version);
        _cancellation = cancellation.UnsafeRegister(static (signal, token) => ((WakeSignal)signal!).Cancel(token), this);
        return task;
    }

    /// <summary>True if somebody waited: the caller must <see cref="Complete"/>, and nobody else will.</summary>
    public bool TryTake()
    {
        var wasArmed = _isArmed;
        _isArmed = false;
        return wasArmed;
    }

    public void Complete() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        // Waits for a cancellation that is running, so that it cannot hit the next wait.
        _cancellation.Dispose();
        _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        bool isMine;
        lock (_gate)
        {
            isMine = TryTake();
        }

        if (isMine)
        {
            _core.SetException(new OperationCanceledException(token));
        }
    }
}
