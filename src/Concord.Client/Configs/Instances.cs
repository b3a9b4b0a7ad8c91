namespace Concord.Client.Configs;

/// <summary>A connected instance and what became of the last release it was sent.</summary>
public sealed record ConnectedInstance
{
    /// <summary>Unique per process, chosen by the client.</summary>
    public required string Id { get; init; }

    public required string Host { get; init; }

    public required int ProcessId { get; init; }

    /// <summary>The client library and its version.</summary>
    public required string Client { get; init; }

    public required ConfigurationView View { get; init; }

    /// <summary>The member that the instance is connected to.</summary>
    public required string Server { get; init; }

    public required DateTimeOffset Connected { get; init; }

    public required long SentRelease { get; init; }

    /// <summary>The release that it applied last; null before the first report.</summary>
    public required long? AppliedRelease { get; init; }

    /// <summary>The release that it rejected, if that is its last report.</summary>
    public required long? RejectedRelease { get; init; }

    /// <summary>Why it rejected, in words; empty otherwise.</summary>
    public required string Reason { get; init; }

    /// <summary>When it reported last; null before the first report.</summary>
    public required DateTimeOffset? Reported { get; init; }

    public required string SentVersion { get; init; }

    public required string AppliedVersion { get; init; }
}
