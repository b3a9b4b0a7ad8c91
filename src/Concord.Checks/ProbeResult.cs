namespace Concord.Checks;

/// <summary>What a look can find. The numbers are those of the states of instances in the proto.</summary>
public enum CheckState
{
    Passing = 2,
    Warning = 3,
    Critical = 4,
}

/// <summary>What one look at an instance found.</summary>
/// <param name="Reason">Why it is not passing, for people; never what the target answered: that is not for those who may only see services.</param>
public readonly record struct ProbeResult(CheckState State, string Reason)
{
    /// <summary>A sentence; servers refuse longer ones.</summary>
    public const int ReasonCharactersMax = 512;

    public static ProbeResult Passing { get; } = new(CheckState.Passing, "");

    public static ProbeResult Critical(string reason) => new(CheckState.Critical, reason);
}
