namespace Concord.Server.Configs.Model;

/// <summary>
/// Names one configuration: <c>APP/ENV/NAME</c>, or an overlay of it: <c>APP/ENV/NAME@zone=eu,version=2</c>. The parts
/// are valid; the text form is canonical and is what the store's keys hold.
/// </summary>
public sealed record ConfigPath(string Application, string Environment, string Name, Labels Selector)
{
    public bool IsOverlay => !Selector.IsEmpty;

    public bool IsImports => Name == ConfigNames.ImportsName;

    public string Text => Selector.IsEmpty ? $"{Application}/{Environment}/{Name}" : $"{Application}/{Environment}/{Name}@{Selector.Text}";

    /// <summary>Checks the parts as they came in a request.</summary>
    /// <exception cref="ConfigException">A part is not valid.</exception>
    public static ConfigPath From(string application, string environment, string name, IEnumerable<KeyValuePair<string, string>> selector, string field)
    {
        var path = new ConfigPath(
            ConfigNames.Application(application, field + ".application"),
            ConfigNames.Environment(environment, field + ".environment"),
            ConfigNames.Name(name, field + ".name"),
            Labels.From(selector, field + ".selector"));
        return path is { IsImports: true, IsOverlay: true }
            ? throw new ConfigException(new ConfigError(
                ConfigErrorCode.InvalidRequest,
                "The imports of an application cannot depend on labels.",
                field + ".selector",
                $"Write {path.Application}/{path.Environment}/{ConfigNames.ImportsName} without labels; overlays of the imported configurations apply by themselves."))
            : path;
    }

    /// <summary>Reads the canonical text as the store's keys hold it.</summary>
    /// <exception cref="FormatException">The text is not a path; the store holds something that was not written here.</exception>
    public static ConfigPath Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var parts = (at < 0 ? text : text[..at]).Split('/');
        return parts.Length == 3
            ? new(parts[0], parts[1], parts[2], at < 0 ? Labels.Empty : Labels.Parse(text[(at + 1)..], "selector"))
            : throw new FormatException($"'{text}' does not name a configuration.");
    }

    public bool Equals(ConfigPath? other) => other is not null && Application == other.Application
        && Environment == other.Environment && Name == other.Name && Selector.Equals(other.Selector);

    public override int GetHashCode() => HashCode.Combine(Application, Environment, Name, Selector);

    public override string ToString() => Text;
}
