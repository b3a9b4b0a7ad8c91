namespace Concord.Gossip;

/// <summary>How soon a silent member is given up. All members of a group should have the same: the slowest set the pace.</summary>
public enum GossipProfile
{
    /// <summary>A probe a second: for any network of one data centre, and hosts that are busy.</summary>
    Lan,

    /// <summary>Two probes a second and shorter suspicion: for a quiet network of short round trips (below 50 ms).</summary>
    Fast,
}

public static class GossipProfiles
{
    /// <summary>The options with the times of a profile.</summary>
    public static GossipOptions In(this GossipOptions options, GossipProfile profile) => profile switch
    {
        GossipProfile.Fast => options with { ProbeInterval = 500, ProbeTimeout = 200, SuspicionMultiplier = 3, GossipInterval = 100 },
        _ => options,
    };

    /// <summary>As it is written in settings; false: no such profile.</summary>
    public static bool TryParse(string text, out GossipProfile profile)
    {
        profile = text == "fast" ? GossipProfile.Fast : GossipProfile.Lan;
        return text is "lan" or "fast";
    }
}
