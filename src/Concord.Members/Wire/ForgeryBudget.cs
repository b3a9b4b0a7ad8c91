namespace Concord.Members.Wire;

/// <summary>
/// Limits what is spent on packets that turn out to be sealed under no known key: each costs an exception for every key. Within the
/// limit everything is opened; beyond it only what claims to come from a member's address. A forger who knows one gains the cost
/// of his own packets, not a hold over others'.
/// </summary>
internal sealed class ForgeryBudget
{
    /// <summary>Some ten milliseconds of work a second; honest packets under a key that was just removed are far fewer.</summary>
    public const int PerSecond = 256;

    private double _left = PerSecond;
    private long _last;

    public bool IsSpent(long nowMs)
    {
        _left = Math.Min(PerSecond, _left + ((nowMs - _last) * (PerSecond / 1000.0)));
        _last = nowMs;
        return _left < 1;
    }

    public void Spend() => _left = Math.Max(0, _left - 1);
}
