using System.Collections.Immutable;

namespace Concord.Server.Registry.Model;

/// <summary>What an instance says of itself, checked.</summary>
internal sealed record Registration(string Service, string Id)
{
    public required IReadOnlyList<InstanceEndpoint> Endpoints { get; init; }

    public required string Zone { get; init; }

    public required string Region { get; init; }

    public required string Version { get; init; }

    public required int Weight { get; init; }

    /// <summary>Sorted, each once.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required InstanceState State { get; init; }

    public required string Reason { get; init; }

    public required bool Persistent { get; init; }

    public required HealthCheck? Check { get; init; }

    /// <summary>The agent that it came through; null: none.</summary>
    public string? Node { get; init; }

    /// <summary>It must give a sign of life now and then, or it is critical.</summary>
    public bool NeedsRenewal => !Persistent || Check is { Kind: HealthCheckKind.Ttl };

    public static IReadOnlyList<InstanceEndpoint> CheckEndpoints(IReadOnlyList<InstanceEndpoint> endpoints, string field)
    {
        if (endpoints.Count > RegistryLimits.Endpoints)
        {
            throw TooMany(endpoints.Count, RegistryLimits.Endpoints, "endpoints", field);
        }

        return endpoints.GroupBy(static one => one.Name).FirstOrDefault(static group => group.Count() > 1) is { } twice
            ? throw new RegistryException(RegistryErrorCode.InvalidRequest, $"Two endpoints have the name '{twice.Key}'.", field, "Give each endpoint its own name, such as http and metrics.")
            : endpoints;
    }

    public static IReadOnlyList<string> CheckTags(IReadOnlyCollection<string> tags, string field) =>
        tags.Count > RegistryLimits.Tags ? throw TooMany(tags.Count, RegistryLimits.Tags, "tags", field)
        : [.. tags.Select(tag => RegistryNames.RequiredWord(tag, field)).Distinct().Order(StringComparer.Ordinal)];

    public static IReadOnlyDictionary<string, string> CheckMetadata(IReadOnlyCollection<KeyValuePair<string, string>> metadata, string field)
    {
        if (metadata.Count > RegistryLimits.Metadata)
        {
            throw TooMany(metadata.Count, RegistryLimits.Metadata, "entries", field);
        }

        var checkedOnes = metadata.ToImmutableSortedDictionary(
            entry => RegistryNames.RequiredWord(entry.Key, field),
            entry => RegistryNames.Text(entry.Value, RegistryLimits.MetadataValueCharacters, $"{field}.{entry.Key}"),
            StringComparer.Ordinal);
        var characters = checkedOnes.Sum(static entry => entry.Key.Length + entry.Value.Length);
        return characters > RegistryLimits.MetadataCharacters
            ? throw new RegistryException(RegistryErrorCode.TooLarge, $"The metadata have {characters} characters; at most {RegistryLimits.MetadataCharacters} are allowed.", field, "Keep what callers choose instances by; the rest belongs into a configuration.")
            : checkedOnes;
    }

    private static RegistryException TooMany(int count, int max, string what, string field) =>
        new(RegistryErrorCode.TooMany, $"{count} {what}; at most {max} are allowed.", field, "Leave some out.");
}
