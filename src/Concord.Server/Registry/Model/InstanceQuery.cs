using System.Globalization;

namespace Concord.Server.Registry.Model;

/// <summary>Which instances; equal when the canonical text is, so that equal queries share one view.</summary>
internal sealed class InstanceQuery : IEquatable<InstanceQuery>
{
    private InstanceQuery(string service, string prefix, IReadOnlyList<string> tags, string zone, string version, IReadOnlyList<InstanceState> states, bool healthy)
    {
        Service = service;
        Prefix = prefix;
        Tags = tags;
        Zone = zone;
        Version = version;
        States = states;
        Healthy = healthy;
        Text = string.Create(CultureInfo.InvariantCulture, $"{service}|{prefix}|{string.Join(',', tags)}|{zone}|{version}|{string.Join(',', states.Select(static state => (int)state))}|{healthy}");
    }

    /// <summary>One service; empty for all that begin with <see cref="Prefix"/>.</summary>
    public string Service { get; }

    public string Prefix { get; }

    /// <summary>All of these.</summary>
    public IReadOnlyList<string> Tags { get; }

    public string Zone { get; }

    public string Version { get; }

    /// <summary>Any of these; none is every state.</summary>
    public IReadOnlyList<InstanceState> States { get; }

    public bool Healthy { get; }

    /// <summary>Canonical.</summary>
    public string Text { get; }

    public static InstanceQuery From(
        string service, string prefix, IEnumerable<string> tags, string zone, string version, IEnumerable<InstanceState> states, bool healthy, string field)
    {
        var at = field.Length == 0 ? "" : field + ".";
        if (service.Length > 0 && prefix.Length > 0)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "A service and a prefix are two ways to say which services.", $"{at}prefix", "Give one of them.");
        }

        var wanted = states.Distinct().Order().ToList();
        if (healthy && wanted.Count > 0)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "'healthy' says which states already.", $"{at}states", "Give one of them.");
        }

        return new(
            service.Length == 0 ? "" : RegistryNames.Service(service, $"{at}service"),
            RegistryNames.Prefix(prefix, $"{at}prefix"),
            Registration.CheckTags([.. tags], $"{at}tags"),
            RegistryNames.Word(zone, $"{at}zone"),
            RegistryNames.Word(version, $"{at}version"),
            wanted, healthy);
    }

    public bool Concerns(string service) => Service.Length > 0 ? Service == service : service.StartsWith(Prefix, StringComparison.Ordinal);

    /// <param name="panic">The instance's service has too few healthy ones.</param>
    public bool Holds(RegistryInstance instance, bool panic) =>
        (!Healthy || instance.State.IsHealthy() || (panic && instance.State == InstanceState.Critical))
        && (States.Count == 0 || States.Contains(instance.State))
        && (Zone.Length == 0 || Zone == instance.Record.Zone)
        && (Version.Length == 0 || Version == instance.Record.Version)
        && Tags.All(instance.Record.Tags.Contains);

    public bool Equals(InstanceQuery? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as InstanceQuery);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
