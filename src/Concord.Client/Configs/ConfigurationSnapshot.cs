namespace Concord.Client.Configs;

/// <summary>What an instance gets: all layers merged, interpolation done.</summary>
public sealed record ConfigurationSnapshot
{
    /// <summary>Keys in ':' form with their values, in byte order of the key.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; }

    /// <summary>The newest release in any layer of the view.</summary>
    public required long Release { get; init; }

    /// <summary>The store revision of the last change that touched the view.</summary>
    public required long Revision { get; init; }

    /// <summary>Identifies the content: equal versions have equal settings.</summary>
    public required string Version { get; init; }

    /// <summary>The document in the format that was asked for; empty when none was.</summary>
    public required string Rendered { get; init; }

    /// <summary>What could not be resolved, in words; the keys concerned keep their text as written.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
