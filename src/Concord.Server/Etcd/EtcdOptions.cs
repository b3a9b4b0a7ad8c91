namespace Concord.Server.Etcd;

/// <summary>Limits and facts of the etcd API that the host sets from its flags. The defaults are etcd's.</summary>
public sealed class EtcdOptions
{
    /// <summary>
    /// What this server's API is equal to. Some clients switch features on by this version, so it names the level of the
    /// API, not the version of the product.
    /// </summary>
    public const string ApiVersion = "3.6.14";

    /// <summary>The level of what is stored, as far as clients ask for it.</summary>
    public const string StorageVersion = "3.6.0";

    /// <summary>Room for a request's framing above <see cref="RequestBytesMax"/>, as etcd's clients count on.</summary>
    public const int FramingBytesMax = 512 * 1024;

    /// <summary>The longest lease, in seconds: some 285 years; more would overflow clients' nanoseconds.</summary>
    public const long LeaseTtlSecondsMax = 9_000_000_000;

    /// <summary>The size of a request that changes something. Larger ones would hold up the log for everyone.</summary>
    public int RequestBytesMax { get; set; } = 1536 * 1024;

    /// <summary>Operations, and comparisons, in one transaction.</summary>
    public int TransactionOperationsMax { get; set; } = 128;

    /// <summary>
    /// The shortest lease, in seconds: shorter ones are raised to it, because a change of leader (one election timeout
    /// and a half) would end them.
    /// </summary>
    public long LeaseTtlSecondsMin { get; set; } = 2;

    /// <summary>How long a stream that asked for a leader goes on without one: three election timeouts.</summary>
    public TimeSpan LeaderAbsenceMax { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Where clients reach this member.</summary>
    public IReadOnlyList<string> AdvertiseClientUrls { get; set; } = ["http://localhost:2379"];

    /// <summary>Where the other members reach this member.</summary>
    public IReadOnlyList<string> AdvertisePeerUrls { get; set; } = ["http://localhost:2380"];
}
