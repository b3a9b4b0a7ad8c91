namespace Concord.Client.Cluster;

/// <summary>One server of the cluster.</summary>
public sealed record Member
{
    public required ulong Id { get; init; }

    /// <summary>Empty until the member has started for the first time.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<string> PeerUrls { get; init; }

    public required IReadOnlyList<string> ClientUrls { get; init; }

    /// <summary>Receives everything and has no vote yet.</summary>
    public required bool IsLearner { get; init; }
}

/// <summary>How one server does, by its own account.</summary>
public sealed record MemberStatus
{
    public required ulong MemberId { get; init; }

    public required ulong ClusterId { get; init; }

    public required string Version { get; init; }

    /// <summary>The member that leads; 0 if this one knows none.</summary>
    public required ulong LeaderId { get; init; }

    public required bool IsLearner { get; init; }

    /// <summary>The store's newest revision here.</summary>
    public required long Revision { get; init; }

    public required ulong Term { get; init; }

    public required ulong AppliedIndex { get; init; }

    public required long SizeBytes { get; init; }

    public required long SizeInUseBytes { get; init; }

    /// <summary>Where writes are refused; 0 if the server does not say.</summary>
    public required long QuotaBytes { get; init; }

    /// <summary>What is wrong, in the server's words.</summary>
    public required IReadOnlyList<string> Errors { get; init; }
}
