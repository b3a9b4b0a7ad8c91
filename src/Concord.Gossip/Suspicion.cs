namespace Concord.Gossip;

/// <summary>One suspect's time to object, running.</summary>
internal sealed class Suspicion(SuspicionTiming timing, long start, string accuser)
{
    // At most K + 1 names.
    private readonly List<string> _accusers = [accuser];

    /// <summary>When the suspect is declared dead.</summary>
    public long Due { get; private set; } = start + timing.Timeout(0);

    /// <summary>Counts an accusation; false if it is not independent, or no more are needed.</summary>
    public bool Confirm(string from)
    {
        if (_accusers.Count > timing.Confirmations || _accusers.Contains(from))
        {
            return false;
        }

        _accusers.Add(from);
        Due = start + timing.Timeout(_accusers.Count - 1);
        return true;
    }
}
