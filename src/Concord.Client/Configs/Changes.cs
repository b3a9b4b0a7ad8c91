namespace Concord.Client.Configs;

public enum ChangeKind
{
    Added,
    Changed,
    Removed,
}

/// <summary>What happens to one key; the old value is null when it is added, the new one when it is removed.</summary>
public sealed record KeyChange(ConfigurationPath Path, string Key, ChangeKind Kind, string? OldValue, string? NewValue);

/// <summary>The difference of two states, key by key.</summary>
public sealed record ConfigurationDiff
{
    public required IReadOnlyList<KeyChange> Changes { get; init; }

    /// <summary>Configurations that differ in text only: comments, order, spacing.</summary>
    public required IReadOnlyList<ConfigurationPath> TextOnly { get; init; }

    public bool IsEmpty => Changes.Count == 0 && TextOnly.Count == 0;
}
