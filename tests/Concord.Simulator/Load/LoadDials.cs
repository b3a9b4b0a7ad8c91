namespace Concord.Simulator.Load;

/// <summary>What a run of load is like. Times in microseconds.</summary>
internal sealed record LoadDials
{
    public ulong Seed { get; init; } = 1;

    public LoadScenario Scenario { get; init; } = LoadScenario.All[0];

    /// <summary>A name that <c>BalancingPolicies.Parse</c> knows.</summary>
    public string Policy { get; init; } = "round_robin";

    /// <summary>How long peak_ewma remembers; null: as it does by default.</summary>
    public TimeSpan? Decay { get; init; }

    /// <summary>Each has a pool of its own and knows nothing of the others.</summary>
    public int Callers { get; init; } = 20;

    public int Instances { get; init; } = 10;

    /// <summary>Calls that an instance of the usual size works on at the same time; further ones wait in line.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>The mean of the time that a call is worked on; exponential, as for calls that differ.</summary>
    public long Work { get; init; } = 10_000;

    /// <summary>There and back.</summary>
    public long Network { get; init; } = 1_000;

    /// <summary>Of what all instances together can do.</summary>
    public double Utilization { get; init; } = 0.6;

    public long Duration { get; init; } = 40_000_000;

    /// <summary>Before anything is measured.</summary>
    public long WarmUp { get; init; } = 5_000_000;

    /// <summary>Then the caller gives an attempt up.</summary>
    public long AttemptTimeout { get; init; } = 1_000_000;

    public bool Retries { get; init; } = true;

    public bool Ejects { get; init; } = true;

    public bool StartsSlowly { get; init; } = true;
}
