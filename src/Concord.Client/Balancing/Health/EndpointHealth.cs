namespace Concord.Client.Balancing.Health;

/// <summary>
/// What outlier detection knows of an endpoint. Counters are advanced by callers, without a lock; ejection and ramp belong to the pool and
/// change under its lock.
/// </summary>
internal sealed class EndpointHealth
{
    private int _failuresInARow;
    private int _connectionFailuresInARow;
    private int _successes;
    private int _failures;
    private volatile bool _isEjected;

    public bool IsEjected => _isEjected;

    /// <summary>When it may come back.</summary>
    public TimeSpan EjectedUntil { get; private set; }

    /// <summary>How many ejections followed each other; each makes the next one longer, each interval that it is well takes one away.</summary>
    public int Ejections { get; private set; }

    /// <summary>Since when it gets its share by and by; null: it has all of it.</summary>
    public TimeSpan? RampSince { get; set; }

    /// <summary>Counts a finished call. Not null: the endpoint should be ejected, and why.</summary>
    public string? Count(bool isFailure, bool isConnectionFailure, OutlierOptions options)
    {
        if (!isFailure)
        {
            Interlocked.Increment(ref _successes);
            // Written only when there is something to forget: a line that all read should rarely be written.
            if (Volatile.Read(ref _failuresInARow) != 0)
                Volatile.Write(ref _failuresInARow, 0);
            if (Volatile.Read(ref _connectionFailuresInARow) != 0)
                Volatile.Write(ref _connectionFailuresInARow, 0);
            return null;
        }

        Interlocked.Increment(ref _failures);
        var failures = Interlocked.Increment(ref _failuresInARow);
        var connectionFailures = isConnectionFailure ? Interlocked.Increment(ref _connectionFailuresInARow) : 0;
        if (options.ConsecutiveFailures > 0 && failures >= options.ConsecutiveFailures)
            return $"{failures} calls failed in a row";
        return options.ConsecutiveConnectionFailures > 0 && connectionFailures >= options.ConsecutiveConnectionFailures
            ? $"{connectionFailures} times in a row it could not be reached"
            : null;
    }

    /// <summary>The calls since the last time this was asked, and begins anew.</summary>
    public (int Successes, int Calls) TakeInterval()
    {
        var successes = Interlocked.Exchange(ref _successes, 0);
        return (successes, successes + Interlocked.Exchange(ref _failures, 0));
    }

    public void Eject(TimeSpan now, OutlierOptions options)
    {
        Ejections++;
        var time = Math.Min(options.BaseEjectionTime.Ticks * (double)Ejections, options.MaxEjectionTime.Ticks);
        EjectedUntil = now + TimeSpan.FromTicks((long)time);
        _isEjected = true;
    }

    public void Return()
    {
        Volatile.Write(ref _failuresInARow, 0);
        Volatile.Write(ref _connectionFailuresInARow, 0);
        TakeInterval();
        _isEjected = false;
    }

    public void Forgive() => Ejections = Math.Max(0, Ejections - 1);
}
