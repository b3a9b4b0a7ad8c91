namespace Concord.Client.Configs;

/// <summary>One immutable release: configurations that were published together.</summary>
public sealed record Release
{
    public required long Number { get; init; }

    /// <summary>The store's revision that holds the release.</summary>
    public required long Revision { get; init; }

    public required string Author { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string Message { get; init; }

    /// <summary>The release whose content a rollback brought back; null for a publish.</summary>
    public required long? RollbackTo { get; init; }

    public required IReadOnlyList<ReleaseItem> Items { get; init; }
}

/// <summary>One configuration in a release.</summary>
public sealed record ReleaseItem
{
    public required ConfigurationPath Path { get; init; }

    public required DocumentFormat Format { get; init; }

    /// <summary>The release withdrew the configuration.</summary>
    public required bool Removed { get; init; }

    /// <summary>The release that the configuration was at before; 0 if it was new.</summary>
    public required long PreviousRelease { get; init; }
}

/// <summary>A release together with what it changed.</summary>
public sealed record ReleaseDetails(Release Release, IReadOnlyList<KeyChange> Changes);

/// <summary>Releases, newest first; <paramref name="More"/> says that there are older ones.</summary>
public sealed record ReleasePage(IReadOnlyList<Release> Releases, bool More);

/// <summary>Who publishes or rolls back, why, and whether for real.</summary>
public sealed record PublishOptions
{
    public required string Author { get; init; }

    public string Message { get; init; } = "";

    /// <summary>Plan and answer, write nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What a publish or a rollback did.</summary>
public sealed record PublishResult
{
    /// <summary>The release; for a dry run the number it would likely get.</summary>
    public required long Release { get; init; }

    /// <summary>The store's revision of the release; 0 for a dry run.</summary>
    public required long Revision { get; init; }

    public required bool DryRun { get; init; }

    public required ConfigurationDiff Diff { get; init; }
}
