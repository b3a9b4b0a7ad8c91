using System.Diagnostics.CodeAnalysis;

namespace Concord.Client.Configs;

/// <summary>
/// Names one configuration: <c>APP/ENV[/NAME][@label=value,…]</c>. A configuration with labels is an overlay: it applies to
/// the instances that carry all of them.
/// </summary>
public sealed class ConfigurationPath : IEquatable<ConfigurationPath>
{
    /// <summary>The name of the configuration when none is given.</summary>
    public const string DefaultName = "application";

    /// <summary>The environment that holds an application's defaults for all environments.</summary>
    public const string DefaultEnvironment = "default";

    public ConfigurationPath(
        string application,
        string environment,
        string? name = null,
        IReadOnlyDictionary<string, string>? labels = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(application);
        ArgumentException.ThrowIfNullOrEmpty(environment);
        Application = application;
        Environment = environment;
        Name = string.IsNullOrEmpty(name) ? DefaultName : name;
        Labels = labels is null ? [] : new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal);
    }

    public string Application { get; }

    public string Environment { get; }

    public string Name { get; }

    /// <summary>The labels that an instance must carry for this overlay to apply, in order of the label.</summary>
    public SortedDictionary<string, string> Labels { get; }

    /// <summary>The part behind application and environment: <c>NAME[@label=value,…]</c>.</summary>
    public string LocalName => Labels.Count == 0
        ? Name
        : $"{Name}@{string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"))}";

    public static ConfigurationPath Parse(string text) =>
        TryParse(text, out var path, out var problem) ? path : throw new FormatException(problem);

    /// <summary>Reads the form that <see cref="ToString"/> writes; <paramref name="problem"/> says what is wrong with it.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out ConfigurationPath? path,
        [NotNullWhen(false)] out string? problem)
    {
        path = null;
        if (!TrySplit(text, out var parts, out var labels, out problem))
            return false;

        if (parts.Length is not (2 or 3) || parts.Any(string.IsNullOrEmpty))
        {
            problem = $"'{text}' is not APP/ENV or APP/ENV/NAME";
            return false;
        }

        path = new ConfigurationPath(parts[0], parts[1], parts.Length == 3 ? parts[2] : null, labels);
        return true;
    }

    /// <summary>Splits at '/' and reads the labels behind '@', without asking how many parts there are.</summary>
    public static bool TrySplit(
        string text,
        out string[] parts,
        out Dictionary<string, string> labels,
        [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        parts = (at < 0 ? text : text[..at]).Split('/');
        foreach (var pair in at < 0 ? [] : text[(at + 1)..].Split(','))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                problem = $"'{pair}' in '{text}' is not LABEL=VALUE";
                return false;
            }

            if (!labels.TryAdd(pair[..equals], pair[(equals + 1)..]))
            {
                problem = $"the label '{pair[..equals]}' is given twice in '{text}'";
                return false;
            }
        }

        problem = null;
        return true;
    }

    /// <summary>The path in full, with the name also when it is the default.</summary>
    public override string ToString() => $"{Application}/{Environment}/{LocalName}";

    public bool Equals(ConfigurationPath? other) => other is not null && ToString() == other.ToString();

    public override bool Equals(object? obj) => Equals(obj as ConfigurationPath);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
