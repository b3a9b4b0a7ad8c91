namespace Concord.Simulator.Network;

/// <summary>How bad the network of a run is while faults last.</summary>
internal sealed record NetworkDials
{
    /// <summary>One way, in microseconds.</summary>
    public long DelayMean { get; init; } = 300;

    public int LossPerMille { get; init; }

    public int DuplicatePerMille { get; init; }

    /// <summary>Messages that do not keep their place in the order of their link.</summary>
    public int ReorderPerMille { get; init; }
}
