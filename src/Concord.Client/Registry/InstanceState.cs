namespace Concord.Client.Registry;

/// <summary>How an instance of a service does.</summary>
public enum InstanceState
{
    /// <summary>Not ready yet.</summary>
    Starting = 1,
    Passing = 2,

    /// <summary>Works, and should be looked at.</summary>
    Warning = 3,
    Critical = 4,

    /// <summary>Finishes what it has and takes nothing new; about to go.</summary>
    Draining = 5,

    /// <summary>Taken out of service by an operator; never said by the instance itself.</summary>
    Maintenance = 6,
}
