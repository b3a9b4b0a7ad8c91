namespace Concord.Gossip;

/// <summary>
/// Lifeguard's local health multiplier: how far this member mistrusts itself. Evidence is that its probes fail, that helpers
/// who are alive are not heard, that others suspect it. Unwell, it probes slower, and so accuses fewer.
/// </summary>
/// <param name="max">S: the score is in [0, S).</param>
internal sealed class LocalHealth(int max)
{
    public int Score { get; private set; }

    public void Add(int delta) => Score = Math.Clamp(Score + delta, 0, max - 1);

    public int Scale(int milliseconds) => milliseconds * (Score + 1);
}
