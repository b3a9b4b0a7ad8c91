namespace Concord.Client.Configs;

/// <summary>Whose configuration: an application in an environment, as an instance with these labels sees it.</summary>
public sealed record ConfigurationView(string Application, string Environment)
{
    /// <summary>The configurations to merge, later ones win; empty is the one named "application".</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The labels of the asking instance: zone, version, any.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

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
