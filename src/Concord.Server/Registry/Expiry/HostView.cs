namespace Concord.Server.Registry.Expiry;

/// <summary>Which hosts are dead and which live, as those who gossip see it.</summary>
/// <param name="Version">Grows when the sets change.</param>
internal sealed record HostView(long Version, IReadOnlySet<string> Dead, IReadOnlySet<string> Alive)
{
    /// <summary>Hosts whose agents run the checks of their instances: they say so and are not dead.</summary>
    public IReadOnlySet<string> Checking { get; init; } = new HashSet<string>();

    /// <summary>Of a server that does not gossip.</summary>
    public static HostView Nothing { get; } = new(0, new HashSet<string>(), new HashSet<string>());
}

/// <summary>Where the expiry hears of hosts. Given as a function, so that it is the gossip in a server and a set in a test.</summary>
internal sealed record HostWatch(Func<HostView> Look);
