namespace Concord.Client.Configs;

/// <summary>An edit that is not published yet.</summary>
public sealed record ConfigurationDraft
{
    public required ConfigurationPath Path { get; init; }

    /// <summary>The whole document as it will be; null when publishing the draft withdraws the configuration.</summary>
    public required ConfigurationDocument? Document { get; init; }

    public required string Author { get; init; }

    /// <summary>When the server took the last edit.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The release that the draft started from; 0 if the configuration was not published then.</summary>
    public required long BaseRelease { get; init; }

    public bool Removes => Document is null;
}

/// <summary>A configuration as a release published it.</summary>
public sealed record PublishedConfiguration(ConfigurationPath Path, ConfigurationDocument Document, long Release);

/// <summary>Both sides of one configuration: what is published, and the draft if there is one.</summary>
public sealed record ConfigurationState(PublishedConfiguration? Published, ConfigurationDraft? Draft);

/// <summary>Which keys a draft edit sets and removes.</summary>
public sealed record DraftEdit
{
    /// <summary>Keys in ':' or '.' form with their new text.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>The format when the configuration does not exist yet; unspecified is properties.</summary>
    public DocumentFormat Format { get; init; }
}
