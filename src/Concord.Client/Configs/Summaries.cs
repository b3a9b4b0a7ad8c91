namespace Concord.Client.Configs;

/// <summary>An application and the environments that it has configurations in.</summary>
public sealed record ApplicationSummary(string Name, IReadOnlyList<EnvironmentSummary> Environments);

/// <summary>An environment of an application; release 0 means that nothing is published there yet.</summary>
public sealed record EnvironmentSummary(string Name, long Release, int Configurations, int Drafts);

/// <summary>A configuration without its content.</summary>
public sealed record ConfigurationSummary
{
    public required ConfigurationPath Path { get; init; }

    public required DocumentFormat Format { get; init; }

    /// <summary>0 if never published.</summary>
    public required long Release { get; init; }

    public required bool HasDraft { get; init; }

    public required long SizeBytes { get; init; }
}
