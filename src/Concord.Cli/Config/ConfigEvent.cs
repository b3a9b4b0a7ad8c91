namespace Concord.Cli.Config;

/// <summary>One line of <c>config watch -o json</c>.</summary>
internal sealed record ConfigEvent
{
    /// <summary>"full" first, then "change"; "disconnected" and "connected" in between.</summary>
    public required string Event { get; init; }

    public required DateTimeOffset Time { get; init; }

    public long? Release { get; init; }

    public long? Revision { get; init; }

    public string? Version { get; init; }

    /// <summary>All settings in a full event, the new and changed ones in a change.</summary>
    public IReadOnlyDictionary<string, string>? Set { get; init; }

    public IReadOnlyList<string>? Removed { get; init; }

    public IReadOnlyList<string>? Problems { get; init; }

    /// <summary>Why the connection is lost.</summary>
    public string? Reason { get; init; }
}
