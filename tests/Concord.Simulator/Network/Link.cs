namespace Concord.Simulator.Network;

/// <summary>One direction between two endpoints.</summary>
internal sealed class Link
{
    /// <summary>Nothing gets through; what is under way is lost.</summary>
    public bool IsCut { get; set; }

    /// <summary>Added to each delay, in microseconds.</summary>
    public long ExtraDelay { get; set; }

    public int ExtraLossPerMille { get; set; }

    /// <summary>When the last message that keeps its order arrives.</summary>
    public long LastArrival { get; set; }
}
