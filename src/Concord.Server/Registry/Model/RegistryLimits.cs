namespace Concord.Server.Registry.Model;

/// <summary>Everything in the registry has a bound; each says where its number comes from.</summary>
internal static class RegistryLimits
{
    /// <summary>DNS label length: names of services end up in addresses and metrics.</summary>
    public const int ServiceCharacters = 63;

    /// <summary>A pod's name with its namespace and port fits (253 for a DNS name).</summary>
    public const int IdCharacters = 253;

    /// <summary>Zones, regions, versions, tags, names of endpoints and metadata: short words that are compared.</summary>
    public const int WordCharacters = 63;

    /// <summary>The longest DNS name (RFC 1035, section 2.3.4).</summary>
    public const int HostCharacters = 253;

    /// <summary>A process listens on a handful of ports.</summary>
    public const int Endpoints = 16;

    public const int Tags = 32;

    public const int Metadata = 32;

    public const int MetadataValueCharacters = 512;

    /// <summary>A view of ten thousand instances is sent to every new subscriber: at 4 KiB each that is 40 MiB.</summary>
    public const int MetadataCharacters = 4096;

    /// <summary>A sentence for people; longer ones belong into a log.</summary>
    public const int ReasonCharacters = 512;

    public const int AuthorCharacters = 200;

    public const int UrlCharacters = 2048;

    public const int WeightMax = 10_000;

    public const int WeightDefault = 100;

    /// <summary>Resolving a view reads all instances of its service, some milliseconds for this many.</summary>
    public const int InstancesPerService = 10_000;

    /// <summary>Listed and watched together: an answer of some ten megabytes.</summary>
    public const int InstancesPerView = 50_000;

    /// <summary>Of one registration stream: each is one entry to keep up, and a process offers a handful of services.</summary>
    public const int InstancesPerStream = 1_000;

    /// <summary>Distinct views that are watched at one server: each is resolved anew whenever it can have changed.</summary>
    public const int WatchedViews = 10_000;

    /// <summary>Below two seconds a renewal by thirds competes with a garbage collection of the client.</summary>
    public const int TtlSecondsMin = 2;

    /// <summary>Whoever needs more wants a persistent instance.</summary>
    public const int TtlSecondsMax = 3600;

    public const int TtlSecondsDefault = 10;

    /// <summary>Plans of one write before it gives up against a stream of others to the same instance.</summary>
    public const int WriteAttempts = 8;

    public const int CheckIntervalMsMin = 1_000;

    public const int CheckIntervalMsMax = 3_600_000;

    public const int CheckIntervalMsDefault = 10_000;

    public const int CheckTimeoutMsMin = 100;

    public const int CheckTimeoutMsMax = 60_000;

    public const int CheckTimeoutMsDefault = 2_000;

    public const int ThresholdMax = 100;

    public const int SuccessesBeforePassingDefault = 2;

    public const int FailuresBeforeCriticalDefault = 3;

    /// <summary>
    /// Of healthy instances, in percent. Envoy's default is 50; a service of three that loses two would answer with all three then,
    /// which surprises more than it helps.
    /// </summary>
    public const int PanicPercentDefault = 30;

    /// <summary>A long poll that nothing happens to; proxies give up after a minute or more.</summary>
    public const int WaitSecondsMax = 300;
}
