namespace Concord.Client.Leases;

/// <summary>
/// A lease that is renewed until it is disposed. Keys that are attached to it (<see cref="Kv.PutOptions.Lease"/>) go with it.
/// Thread-safe.
/// </summary>
public sealed class KeptLease : IAsyncDisposable
{
    private readonly LeaseStream _stream;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _confirmed;
    private long _ttlTicks;
    private int _over;
    private int _disposing;

    internal KeptLease(LeaseStream stream, TimeProvider time, long id, TimeSpan ttl, long sent)
    {
        (_stream, _time, Id, Lost) = (stream, time, id, _lost.Token);
        (_confirmed, _ttlTicks, NextDue) = (sent, ttl.Ticks, sent + ToTimestamp(LeaseTerm.RenewAfter(ttl)));
        _timer = time.CreateTimer(static lease => ((KeptLease)lease!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        OnTimer();
    }

    public long Id { get; }

    /// <summary>How long the lease lives without a renewal, as the server granted it: at least what was asked for.</summary>
    public TimeSpan Ttl => TimeSpan.FromTicks(Volatile.Read(ref _ttlTicks));

    /// <summary>
    /// Fires before the lease can have ended at the server because no renewal got through: a fifth of <see cref="Ttl"/> earlier, at
    /// most five seconds. Also when the server says that the lease has ended, and when it is disposed. Whatever must not happen
    /// without the lease takes this token. It never becomes valid again.
    /// </summary>
    public CancellationToken Lost { get; }

    /// <summary>Why <see cref="Lost"/> fired: null before, and when the lease was disposed.</summary>
    public ConcordException? LostReason { get; private set; }

    /// <summary>How long until <see cref="Lost"/> fires unless a renewal gets through, by the clock: zero or less also if a busy machine is
    /// late to fire it.</summary>
    public TimeSpan Remaining => Lost.IsCancellationRequested
        ? TimeSpan.Zero
        : Ttl - LeaseTerm.Margin(Ttl) - _time.GetElapsedTime(Interlocked.Read(ref _confirmed));

    /// <summary>It is lost or disposed, or about to be: it must not be renewed any more.</summary>
    internal bool IsOver => Volatile.Read(ref _over) != 0;

    /// <summary>When the renewal was sent that is not answered yet. Of the stream, under its gate.</summary>
    internal long? SentAt { get; set; }

    /// <summary>When to send the next renewal. Of the stream, under its gate.</summary>
    internal long NextDue { get; set; }

    /// <summary>Stops the renewals, fires <see cref="Lost"/>, then lets the server end the lease and delete its keys. If no server can be
    /// reached the lease ends by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposing, 1) != 0)
        {
            await _ended.Task.ConfigureAwait(false);
            return;
        }

        Interlocked.Exchange(ref _over, 1);
        try
        {
            await StopAsync().ConfigureAwait(false);
            await _stream.RevokeAsync(this).ConfigureAwait(false);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    internal long ToTimestamp(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    internal void Confirm(long sent, TimeSpan ttl)
    {
        Interlocked.Exchange(ref _confirmed, sent);
        Volatile.Write(ref _ttlTicks, ttl.Ticks);
    }

    /// <summary>Ends the lease on this side; what waits for <see cref="Lost"/> runs on its own time.</summary>
    internal void Lose(ConcordException reason)
    {
        if (Interlocked.Exchange(ref _over, 1) != 0)
            return;
        LostReason = reason;
        _stream.LogLost(this, reason);
        _ = StopAsync();
    }

    private async Task StopAsync()
    {
        _stream.Remove(this);
        await _timer.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _lost.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException error)
        {
            _stream.LogHandlerFailed(this, error);
        }
    }

    private void OnTimer()
    {
        if (IsOver)
            return;

        // Renewals do not move the timer; it looks at the clock when it fires, and goes on as long as there is time.
        var remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
            Lose(new ConcordUnavailableException($"The lease {Id:x} was not renewed in time: no server answered for {Ttl - LeaseTerm.Margin(Ttl)}."));
        else
            Arm(remaining);
    }

    private void Arm(TimeSpan remaining)
    {
        // Rounded up to whole milliseconds, which is what timers count in; longer than a month is looked at in between.
        var milliseconds = Math.Min(Math.Ceiling(remaining.TotalMilliseconds), TimeSpan.FromDays(30).TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }
}
