using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>Whose configuration: an application in an environment, some of its configurations, as seen with these labels.</summary>
internal sealed class ViewKey : IEquatable<ViewKey>
{
    public ViewKey(string application, string environment, IReadOnlyList<string> names, Labels labels)
    {
        Application = application;
        Environment = environment;
        Names = names;
        Labels = labels;
        Text = $"{application}/{environment}/{string.Join('+', names)}@{labels.Text}";
    }

    public string Application { get; }

    public string Environment { get; }

    /// <summary>Lowest first; never empty.</summary>
    public IReadOnlyList<string> Names { get; }

    public Labels Labels { get; }

    public string Text { get; }

    /// <summary>Checks the parts as they came in a request. No name is <see cref="ConfigNames.DefaultName"/>.</summary>
    /// <exception cref="ConfigException">A part is not valid.</exception>
    public static ViewKey From(string application, string environment, IReadOnlyList<string> names, IEnumerable<KeyValuePair<string, string>> labels, string field)
    {
        if (names.Count > ConfigLimits.NamesPerView)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"{names.Count} names; a view stacks at most {ConfigLimits.NamesPerView}.", field + ".names", "Put settings that belong together into one configuration."));
        }

        var folded = names.Count == 0 ? [ConfigNames.DefaultName] : names.Select(name => ConfigNames.Name(name, field + ".names")).ToArray();
        foreach (var name in folded)
        {
            if (name == ConfigNames.ImportsName || folded.Count(other => other == name) > 1)
            {
                throw new ConfigException(new ConfigError(
                    ConfigErrorCode.InvalidRequest,
                    name == ConfigNames.ImportsName ? "'imports' lists configurations; it has no settings." : $"'{name}' is named twice.",
                    field + ".names",
                    "Name each configuration with settings once."));
            }
        }

        return new(ConfigNames.Application(application, field + ".application"), ConfigNames.Environment(environment, field + ".environment"), folded, Labels.From(labels, field + ".labels"));
    }

    public ViewKey With(Labels labels) => labels.Equals(Labels) ? this : new(Application, Environment, Names, labels);

    public bool Equals(ViewKey? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as ViewKey);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;
}
