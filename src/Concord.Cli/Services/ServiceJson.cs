using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>The JSON forms of services and instances.</summary>
internal sealed record ServiceListJson(IReadOnlyList<ServiceSummary> Services);

internal sealed record ServiceInstancesJson(IReadOnlyList<ServiceSummary> Services, IReadOnlyList<ServiceInstanceJson> Instances, long Revision)
{
    public static ServiceInstancesJson Of(ServiceView view) => new(view.Services, [.. view.Instances.Select(ServiceInstanceJson.Of)], view.Revision);
}

internal sealed record ServiceInstanceJson
{
    public required string Service { get; init; }

    public required string Id { get; init; }

    public required long Generation { get; init; }

    public required string State { get; init; }

    public required string? Reason { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    public required IReadOnlyList<ServiceEndpointJson> Endpoints { get; init; }

    public required string? Zone { get; init; }

    public required string? Region { get; init; }

    public required string? Version { get; init; }

    public required int Weight { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required bool Persistent { get; init; }

    /// <summary>It gave no sign of life, and is kept because too many others did the same.</summary>
    public required bool Held { get; init; }

    public required DateTimeOffset Registered { get; init; }

    public required long Revision { get; init; }

    public static ServiceInstanceJson Of(ServiceInstance one) => new()
    {
        Service = one.Service,
        Id = one.Id,
        Generation = one.Generation,
        State = ServiceText.Word(one.State),
        Reason = NullIfEmpty(one.Reason),
        StateSince = one.StateSince,
        Endpoints = [.. one.Endpoints.Select(endpoint => new ServiceEndpointJson(endpoint.Name, endpoint.Url))],
        Zone = NullIfEmpty(one.Zone),
        Region = NullIfEmpty(one.Region),
        Version = NullIfEmpty(one.Version),
        Weight = one.Weight,
        Tags = one.Tags,
        Metadata = one.Metadata,
        Persistent = one.Persistent,
        Held = one.Held,
        Registered = one.Registered,
        Revision = one.Revision,
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

internal sealed record ServiceEndpointJson(string Name, string Url);

/// <param name="PanicPercent">Of healthy instances; 0 is no threshold.</param>
internal sealed record ServiceSettingsJson(string Service, int PanicPercent);

/// <summary>What a command about one instance or a zone did.</summary>
internal sealed record ServiceChangedJson
{
    /// <summary>"registered", "deregistered", "draining", "maintenance on" or "maintenance off".</summary>
    public required string Done { get; init; }

    public string? Service { get; init; }

    public string? Id { get; init; }

    public string? Zone { get; init; }

    public long? Generation { get; init; }

    /// <summary>False: it was so already.</summary>
    public bool Changed { get; init; } = true;
}

/// <summary>One line of <c>service watch -o json</c>.</summary>
internal sealed record ServiceEventJson
{
    /// <summary>
    /// "full" first, and whenever it is not known what changed; then "set" and "removed", one instance each, and "service" when the
    /// numbers of the service changed; "disconnected" in between.
    /// </summary>
    public required string Event { get; init; }

    public required DateTimeOffset Time { get; init; }

    public long? Revision { get; init; }

    public string? Service { get; init; }

    public string? Id { get; init; }

    public ServiceInstanceJson? Instance { get; init; }

    public ServiceSummary? Summary { get; init; }

    public IReadOnlyList<ServiceInstanceJson>? Instances { get; init; }

    public IReadOnlyList<ServiceSummary>? Services { get; init; }

    /// <summary>Why the connection is lost.</summary>
    public string? Reason { get; init; }
}
