namespace Concord.Server.Configs.Model;

/// <summary>Everything in the configuration centre has a bound; each says where its number comes from.</summary>
public static class ConfigLimits
{
    /// <summary>
    /// A document by itself stays well below the store's 1.5 MiB request limit, also when a draft's text is escaped.
    /// It is what comparable systems allow (Consul 512 KB).
    /// </summary>
    public const int DocumentBytes = 512 * 1024;

    /// <summary>The documents of one release together: one release is one log entry, and that has 1.5 MiB.</summary>
    public const int ReleaseBytes = 1024 * 1024;

    /// <summary>Whole view on the wire: gRPC clients take messages up to 4 MiB unless told otherwise.</summary>
    public const int ViewBytes = 3 * 1024 * 1024;

    /// <summary>More keys than any one person can oversee; keeps parsing below some tens of milliseconds.</summary>
    public const int KeysPerDocument = 10_000;

    public const int KeysPerView = 20_000;

    /// <summary>Deeper nesting than this is a mistake or an attack on a recursive reader.</summary>
    public const int NestingDepth = 32;

    /// <summary>Nodes read from a YAML document after its aliases are expanded: stops exponential anchors.</summary>
    public const int ExpandedNodes = 4 * KeysPerDocument;

    public const int KeyCharacters = 512;

    /// <summary>DNS label length: names end up in addresses, file names and metrics.</summary>
    public const int ApplicationCharacters = 63;

    public const int EnvironmentCharacters = 63;

    /// <summary>Configuration names often are file names.</summary>
    public const int NameCharacters = 128;

    public const int LabelCharacters = 63;

    /// <summary>Labels of an instance or of a selector.</summary>
    public const int Labels = 16;

    /// <summary>Overlays of one configuration: each is one more view to check at publish.</summary>
    public const int OverlaysPerConfiguration = 64;

    /// <summary>Names that one view may stack.</summary>
    public const int NamesPerView = 16;

    public const int ImportsPerApplication = 32;

    /// <summary>Targets of one request, and drafts of one release: a transaction holds three writes for each.</summary>
    public const int TargetsPerRelease = 64;

    public const int KeysPerEdit = 1_000;

    /// <summary>One value after its references are filled in.</summary>
    public const int InterpolatedCharacters = 64 * 1024;

    /// <summary>References that lead to references.</summary>
    public const int InterpolationDepth = 32;

    /// <summary>Problems listed with a view; the rest is counted.</summary>
    public const int ProblemsListed = 100;

    public const int AuthorCharacters = 200;

    public const int MessageCharacters = 4_000;

    public const int ReasonCharacters = 2_000;

    public const int ReleasesPerPage = 500;

    /// <summary>Subscriptions on one stream; a process stacks a handful of configurations.</summary>
    public const int SubscriptionsPerStream = 64;

    /// <summary>Plans of one publish before it gives up against a stream of other publishes.</summary>
    public const int PublishAttempts = 8;
}
