namespace Concord.Client.Registry;

/// <summary>Instances and their services in one state of the store.</summary>
/// <param name="Instances">In the order of services and ids.</param>
/// <param name="Services">Of the instances, or the one that was asked for.</param>
public sealed record ServiceView(IReadOnlyList<ServiceInstance> Instances, IReadOnlyList<ServiceSummary> Services, long Revision);

/// <summary>What a watch of instances brings.</summary>
public abstract record ServiceWatchEvent
{
    private ServiceWatchEvent()
    {
    }

    /// <summary>The whole view: the first event, and whenever it is not known what changed.</summary>
    public sealed record Full(ServiceView View) : ServiceWatchEvent;

    /// <param name="Set">New and changed ones.</param>
    /// <param name="Services">Those whose numbers changed; one without instances is gone.</param>
    /// <param name="View">As it is with the changes.</param>
    public sealed record Changed(IReadOnlyList<ServiceInstance> Set, IReadOnlyList<InstanceKey> Removed, IReadOnlyList<ServiceSummary> Services, ServiceView View) : ServiceWatchEvent;

    /// <summary>The connection was lost; what was seen last stays true until the next event, which comes from another server.</summary>
    public sealed record Interrupted(ConcordException Reason, TimeSpan RetryIn) : ServiceWatchEvent;
}
