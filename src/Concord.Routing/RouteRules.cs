namespace Concord.Routing;

/// <summary>
/// How the callers of a service share themselves out over its instances. An ordinary configuration holds it: the one named like the service in the application
/// <see cref="TrafficDocuments.RoutingApplication"/>, over the one that is for all services.
/// </summary>
public sealed record RouteRules
{
    /// <summary>A tier gives up callers when less than this share of its capacity serves, unless the document says otherwise: at 1.4 times the
    /// load, which is what Envoy's overprovisioning factor allows too.</summary>
    public const int DefaultFailoverBelow = 70;

    /// <summary>Everything goes to everybody.</summary>
    public static RouteRules None { get; } = new();

    /// <summary>By share; an instance belongs to the first that it fits, and one that fits none gets nothing. A share in which nobody is healthy
    /// leaves its callers to the others. Empty: no split.</summary>
    public IReadOnlyList<RouteShare> Split { get; init; } = [];

    /// <summary>What keeps a caller with one share.</summary>
    public SplitKey SplitBy { get; init; } = SplitKey.Random;

    /// <summary>Where callers go, in order; instances that no step names get nothing. Empty: everywhere alike.</summary>
    public IReadOnlyList<FailoverStep> Failover { get; init; } = [];

    /// <summary>In percent, 1 to 100: if less of a step's capacity serves, some of its callers go on to the next step.</summary>
    public int FailoverBelow { get; init; } = DefaultFailoverBelow;

    /// <summary>Zones that are sent nothing, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Maintenance { get; init; } = new Dictionary<string, string>();
}

/// <summary>The share of the callers that some instances get.</summary>
public sealed record RouteShare
{
    /// <summary>For people and metrics: what is written, or the version, or "rest".</summary>
    public required string Name { get; init; }

    /// <summary>In hundredths of a percent.</summary>
    public required int BasisPoints { get; init; }

    /// <summary>Of the instances; one that ends with '*' is a beginning. Empty is any.</summary>
    public string Version { get; init; } = "";

    /// <summary>The instances have all of these.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The instances have this metadata.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>What of a request decides which share it belongs to.</summary>
/// <param name="Name">Of the header, cookie or parameter.</param>
public sealed record SplitKey(SplitKeyKind Kind, string Name = "")
{
    public static SplitKey Random { get; } = new(SplitKeyKind.Random);

    public override string ToString() => Name.Length == 0 ? Word(Kind) : $"{Word(Kind)}:{Name}";

    internal static string Word(SplitKeyKind kind) => kind switch
    {
        SplitKeyKind.Random => "random",
        SplitKeyKind.Header => "header",
        SplitKeyKind.Cookie => "cookie",
        SplitKeyKind.Query => "query",
        SplitKeyKind.Address => "address",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

public enum SplitKeyKind
{
    /// <summary>Every request for itself.</summary>
    Random,
    Header,
    Cookie,
    Query,

    /// <summary>The caller's address.</summary>
    Address,
}

/// <summary>A step of the failover order.</summary>
/// <param name="Name">Of the zone or region.</param>
public sealed record FailoverStep(FailoverKind Kind, string Name = "")
{
    public static FailoverStep Any { get; } = new(FailoverKind.Any);

    public override string ToString() => Kind switch
    {
        FailoverKind.OwnZone => "own-zone",
        FailoverKind.OwnRegion => "own-region",
        FailoverKind.Zone => $"zone:{Name}",
        FailoverKind.Region => $"region:{Name}",
        FailoverKind.Any => "any",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

public enum FailoverKind
{
    /// <summary>The zone of the caller.</summary>
    OwnZone,

    /// <summary>The region of the caller.</summary>
    OwnRegion,
    Zone,
    Region,
    Any,
}
