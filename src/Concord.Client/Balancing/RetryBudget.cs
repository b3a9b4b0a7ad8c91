namespace Concord.Client.Balancing;

/// <summary>
/// Bounds what is called again. Retries that are harmless while one instance fails are what keeps a service down that is overloaded: every
/// call becomes three. Calls pay in, retries draw; what is not drawn within the window is forfeit.
/// </summary>
public sealed class RetryBudget
{
    private readonly Lock _gate = new();
    private readonly RetryBudgetOptions _options;
    private readonly Func<TimeSpan> _now;
    private readonly long[] _calls;
    private readonly long[] _retries;
    private long _second;

    internal RetryBudget(RetryBudgetOptions options, Func<TimeSpan> now)
    {
        _options = options;
        _now = now;
        _calls = new long[(int)options.Window.TotalSeconds];
        _retries = new long[_calls.Length];
    }

    /// <summary>A call that is made for the first time.</summary>
    public void Deposit()
    {
        lock (_gate)
            _calls[Advance_NeedsGate()]++;
    }

    /// <summary>Asks for one more attempt. False: it must not be made.</summary>
    public bool TryWithdraw()
    {
        lock (_gate)
        {
            var slot = Advance_NeedsGate();
            var granted = (_options.Ratio * _calls.Sum()) + (_options.MinPerSecond * _calls.Length);
            if (_retries.Sum() + 1 > granted)
                return false;
            _retries[slot]++;
            return true;
        }
    }

    /// <summary>Empties the slots of the seconds that went by; the slot of this one.</summary>
    private int Advance_NeedsGate()
    {
        var second = (long)_now().TotalSeconds;
        for (var steps = Math.Min(second - _second, _calls.Length); steps > 0; steps--)
        {
            var slot = (int)((second - steps + 1) % _calls.Length);
            _calls[slot] = _retries[slot] = 0;
        }

        _second = Math.Max(_second, second);
        return (int)(_second % _calls.Length);
    }
}
