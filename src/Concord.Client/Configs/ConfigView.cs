using Concord.Protocol.V1;

namespace Concord.Client;

/// <summary>
/// Whose configuration: an application in an environment, as an instance with these labels sees it. Two views with the
/// same <see cref="Key"/> are equal.
/// </summary>
public sealed class ConfigView : IEquatable<ConfigView>
{
    /// <param name="names">The named configurations to read, in order, later ones win; none is "application".</param>
    /// <param name="labels">What is special about the instance: zone, version, any label.</param>
    /// <exception cref="ArgumentException">A name does not match <c>[a-z0-9][a-z0-9._-]*</c>.</exception>
    public ConfigView(
        string application,
        string environment,
        IEnumerable<string>? names = null,
        IEnumerable<KeyValuePair<string, string>>? labels = null)
    {
        Application = Checked(application, nameof(application));
        Environment = Checked(environment, nameof(environment));
        Names = [.. (names ?? []).Select(name => Checked(name, nameof(names)))];
        Labels = new SortedDictionary<string, string>(new Dictionary<string, string>(labels ?? []), StringComparer.Ordinal);
        Key = string.Join(
            '\n',
            [Application, Environment, string.Join(',', Names), .. Labels.Select(label => $"{label.Key}={label.Value}")]);
    }

    public string Application { get; }

    public string Environment { get; }

    public IReadOnlyList<string> Names { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The view in one line per part, the same for equal views; not meant for people.</summary>
    public string Key { get; }

    public bool Equals(ConfigView? other) => other is not null && Key == other.Key;

    public override bool Equals(object? obj) => Equals(obj as ConfigView);

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

    internal ViewId ToMessage()
    {
        var message = new ViewId { Application = Application, Environment = Environment };
        message.Names.Add(Names);
        foreach (var (label, value) in Labels)
            message.Labels.Add(label, value);
        return message;
    }

    private static string Checked(string name, string parameter) => IsName(name)
        ? name
        : throw new ArgumentException(
            $"'{name}' is no name for this: use lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit.",
            parameter);
}
