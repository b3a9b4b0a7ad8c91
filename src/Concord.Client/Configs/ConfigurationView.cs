namespace Concord.Client.Configs;

/// <summary>
/// Whose configuration: an application in an environment, as an instance with these labels sees it. Two views with the
/// same <see cref="Key"/> are equal.
/// </summary>
public sealed record ConfigurationView(string Application, string Environment)
{
    /// <summary>The configurations to merge, later ones win; empty is the one named "application".</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The labels of the asking instance: zone, version, any.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The whole view as one text, the same for equal views; not meant for people.</summary>
    public string Key => string.Join(
        '\n',
        [
            Application, Environment, string.Join(',', Names),
            .. Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"),
        ]);

    public bool Equals(ConfigurationView? other) => other is not null && Key == other.Key;

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    public override string ToString()
    {
        var names = Names.Count == 0 ? "" : $"/{string.Join('+', Names)}";
        var labels = Labels.Count == 0 ? "" : $"@{string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"))}";
        return $"{Application}/{Environment}{names}{labels}";
    }

    /// <summary>Whether the server takes this as the name of an application, environment or configuration.</summary>
    public static bool IsName(string? name)
    {
        if (string.IsNullOrEmpty(name) || !(char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0])))
            return false;
        foreach (var c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-'))
                return false;
        }

        return true;
    }
}
