namespace Concord.Client.Configs;

/// <summary>Where the values of a view come from.</summary>
public sealed record Explanation
{
    public required IReadOnlyList<ExplainedKey> Keys { get; init; }

    /// <summary>All layers of the view, lowest first, also those that give no key.</summary>
    public required IReadOnlyList<ConfigurationLayer> Layers { get; init; }
}

public sealed record ExplainedKey
{
    public required string Key { get; init; }

    public required string Value { get; init; }

    /// <summary>The value before interpolation.</summary>
    public required string RawValue { get; init; }

    public required ValueSource Source { get; init; }

    /// <summary>The sources that this one hides, highest first.</summary>
    public required IReadOnlyList<ValueSource> Hidden { get; init; }
}

/// <summary>A layer's word on a key.</summary>
public sealed record ValueSource(ConfigurationPath Path, long Release, string Value);

/// <summary>One layer; <paramref name="Kind"/> is the server's word for it: import, defaults, environment, overlay.</summary>
public sealed record ConfigurationLayer(ConfigurationPath Path, long Release, string Kind);
