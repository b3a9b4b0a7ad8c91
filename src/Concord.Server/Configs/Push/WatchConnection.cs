namespace Concord.Server.Configs.Push;

/// <summary>
/// One stream to a client with its subscriptions, written by one writer at a time. A signal costs a compare-and-swap
/// and, when the connection is at rest, a place in the senders' queue; it can be there once only, so the queue is
/// bounded by the number of connections. While a write waits for a slow client, signals only leave a mark.
/// </summary>
internal abstract class WatchConnection
{
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Writing = 2;
    private const int WritingAgain = 3;
    private const int Closed = 4;

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConfigSubscription[] _subscriptions = [];
    private WatchEvent.Heartbeat? _heartbeat;
    private long _lastWrite;
    private PushCounts _pushes = new();
    private int _state;
    private volatile bool _isClosing;

    /// <summary>Completes when nothing will be written any more: after <see cref="Close"/>, or with the error of a write.</summary>
    public Task Completion => _closed.Task;

    public IReadOnlyList<ConfigSubscription> Subscriptions => _subscriptions;

    /// <summary>When something was written last, as a timestamp of the hub's clock.</summary>
    public long LastWrite => Volatile.Read(ref _lastWrite);

    public void Start(long now, PushCounts pushes)
    {
        _pushes = pushes;
        Volatile.Write(ref _lastWrite, now);
    }

    public void Told(ApplyReport report) => _pushes.Told(report);

    /// <summary>Called under the hub's lock.</summary>
    public void Add(ConfigSubscription subscription) => _subscriptions = [.. _subscriptions, subscription];

    /// <summary>Called under the hub's lock.</summary>
    public void Remove(ConfigSubscription subscription) => _subscriptions = Array.FindAll(_subscriptions, other => other != subscription);

    public void AskHeartbeat(WatchEvent.Heartbeat heartbeat) => Volatile.Write(ref _heartbeat, heartbeat);

    /// <summary>Says that there may be something to write; true if the caller must put the connection into the queue.</summary>
    public bool Signal()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            var next = state switch { Idle => Queued, Writing => WritingAgain, _ => state };
            if (next == state)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _state, next, state) == state)
            {
                return next == Queued;
            }
        }
    }

    /// <summary>Writes all there is. Completes synchronously as long as the client takes it.</summary>
    /// <returns>True if the connection must go into the queue again.</returns>
    public async Task<bool> WriteAllAsync(TimeProvider time)
    {
        if (Interlocked.CompareExchange(ref _state, Writing, Queued) != Queued)
        {
            return false;
        }

        try
        {
            if (!_isClosing)
            {
                await WritePendingAsync(time);
            }
        }
        catch (Exception e)
        {
            // Nearly always the client is gone. The handler awaits the completion, and what it throws.
            _isClosing = true;
            _closed.TrySetException(e);
        }

        if (_isClosing)
        {
            Volatile.Write(ref _state, Closed);
            _closed.TrySetResult();
            return false;
        }

        if (Interlocked.CompareExchange(ref _state, Idle, Writing) == Writing)
        {
            // Close may have looked between the last check and this.
            return _isClosing && Signal();
        }

        Volatile.Write(ref _state, Queued);
        return true;
    }

    /// <summary>No further write begins; <see cref="Completion"/> tells when the present one is over.</summary>
    public void Close()
    {
        _isClosing = true;
        if (Interlocked.CompareExchange(ref _state, Closed, Idle) is Idle or Closed
            || Interlocked.CompareExchange(ref _state, Closed, Queued) == Queued)
        {
            _closed.TrySetResult();
        }
    }

    protected abstract ValueTask WriteAsync(int subscription, WatchEvent next);

    /// <summary>An answer that belongs to no view, such as a refusal; or null.</summary>
    protected virtual (int Subscription, WatchEvent Event)? TakeExtra() => null;

    private async ValueTask WritePendingAsync(TimeProvider time)
    {
        var wrote = false;
        while (TakeExtra() is { } extra)
        {
            await WriteAsync(extra.Subscription, extra.Event);
            wrote = true;
        }

        foreach (var subscription in _subscriptions)
        {
            if (subscription.Next() is { } next)
            {
                await WriteAsync(subscription.Number, next);
                wrote = true;
                if (subscription.TakeChanged() is not 0 and var changed)
                {
                    _pushes.Pushed(time.GetElapsedTime(changed));
                }
            }
        }

        if (Interlocked.Exchange(ref _heartbeat, null) is { } heartbeat && !wrote)
        {
            foreach (var subscription in _subscriptions.Where(static one => !one.IsRefused))
            {
                await WriteAsync(subscription.Number, heartbeat);
            }

            wrote = true;
        }

        if (wrote)
        {
            Volatile.Write(ref _lastWrite, time.GetTimestamp());
        }
    }
}
