namespace Concord.Client.Registry;

/// <summary>Which instances: all conditions that are given hold.</summary>
public sealed record InstanceFilter
{
    /// <summary>One service; empty: those that begin with <see cref="Prefix"/>.</summary>
    public string Service { get; init; } = "";

    /// <summary>Empty, as the service: every service.</summary>
    public string Prefix { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string Zone { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Any of these; none is every state.</summary>
    public IReadOnlyList<InstanceState> States { get; init; } = [];

    /// <summary>Passing and warning; if a service has too few of these, its critical ones too, and its summary says so.</summary>
    public bool Healthy { get; init; }

    public static InstanceFilter Of(string service) => new() { Service = service };
}
