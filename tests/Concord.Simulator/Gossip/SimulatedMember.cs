using Concord.Gossip;

namespace Concord.Simulator.Gossip;

internal sealed class SimulatedMember(int number, GossipAddress address, GossipCore core)
{
    public int Number => number;

    public GossipAddress Address => address;

    public GossipCore Core => core;

    public bool IsRunning { get; set; } = true;

    public bool IsLeaving { get; set; }

    /// <summary>It is among those that are held up now and then.</summary>
    public bool IsSlow { get; set; }

    /// <summary>The wake-up that counts; others are of earlier plans.</summary>
    public long WakeAt { get; set; } = long.MaxValue;
}
