using System.Threading.Tasks.Sources;

namespace Concord.Server.Registry.Push;

/// <summary>
/// Wakes one follower, again and again, without allocating. A wake-up that finds the follower busy is kept, and its next wait is over
/// at once: who looks and then waits misses nothing, and who wakes need not know what was looked at.
/// </summary>
/// <remarks>
/// One waits, any number wake. What waits goes on within <see cref="Complete"/>, on the thread that calls it. Every change of the state
/// is interlocked, a useless one too: what a waker wrote before is seen by the look that follows.
/// </remarks>
internal sealed class FollowerSignal : IValueTaskSource
{
    private const int Busy = 0;
    private const int BusyAndWoken = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private long _due = long.MaxValue;
    private int _state;

    /// <summary>When the follower is woken though nothing happened, as a timestamp of the hub's clock.</summary>
    public long Due
    {
        get => Volatile.Read(ref _due);
        set => Volatile.Write(ref _due, value);
    }

    /// <summary>To be awaited before it is called again.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Busy) == Busy)
        {
            return new(this, _core.Version);
        }

        Interlocked.Exchange(ref _state, Busy);
        return ValueTask.CompletedTask;
    }

    /// <summary>True if somebody waited: the caller must <see cref="Complete"/>, and nobody else will.</summary>
    /// <remarks>One that begins to wait between the two steps is taken as well; it looks once more than it had to.</remarks>
    public bool TryTake() =>
        Interlocked.CompareExchange(ref _state, Busy, Waiting) == Waiting
        || Interlocked.Exchange(ref _state, BusyAndWoken) == Waiting;

    public void Complete() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
