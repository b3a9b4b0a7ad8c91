namespace Concord.Server.Configs.Model;

/// <summary>
/// Labels of an instance, or the labels that an overlay asks for: names and values, sorted by name. Equal when the
/// canonical text is.
/// </summary>
public sealed class Labels : IEquatable<Labels>
{
    private readonly KeyValuePair<string, string>[] _items;

    private Labels(KeyValuePair<string, string>[] items)
    {
        _items = items;
        Text = string.Join(',', items.Select(item => $"{item.Key}={item.Value}"));
    }

    public static Labels Empty { get; } = new([]);

    public int Count => _items.Length;

    public bool IsEmpty => _items.Length == 0;

    /// <summary>Canonical: <c>version=2,zone=eu</c>.</summary>
    public string Text { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Items => _items;

    /// <exception cref="ConfigException">A label is not valid.</exception>
    public static Labels From(IEnumerable<KeyValuePair<string, string>> labels, string field)
    {
        var items = labels.Select(label => KeyValuePair.Create(Name(label.Key, field), Value(label.Key, label.Value, field))).ToArray();
        if (items.Length == 0)
        {
            return Empty;
        }

        if (items.Length > ConfigLimits.Labels)
        {
            throw Invalid($"{items.Length} labels; at most {ConfigLimits.Labels} are allowed.", field, "Keep the labels that configurations are chosen by.");
        }

        Array.Sort(items, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 1; i < items.Length; i++)
        {
            if (items[i].Key == items[i - 1].Key)
            {
                throw Invalid($"The label '{items[i].Key}' is given twice.", field, "Give each label once.");
            }
        }

        return new(items);
    }

    /// <summary>Reads <c>zone=eu,version=2</c>, in any order.</summary>
    /// <exception cref="ConfigException">The text is not a list of labels.</exception>
    public static Labels Parse(string text, string field)
    {
        if (text.Length == 0)
        {
            return Empty;
        }

        return From(text.Split(',').Select(part => ParseOne(part, field)), field);
    }

    /// <summary>Reads one <c>name=value</c>.</summary>
    public static KeyValuePair<string, string> ParseOne(string text, string field)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? KeyValuePair.Create(text[..equals], text[(equals + 1)..])
            : throw Invalid($"'{ConfigNames.Shorten(text)}' is not a label.", field, "Write labels as name=value, such as zone=eu.");
    }

    /// <summary>True when every label of <paramref name="selector"/> is here with the same value.</summary>
    public bool Match(Labels selector)
    {
        var at = 0;
        foreach (var wanted in selector._items)
        {
            while (at < _items.Length && string.CompareOrdinal(_items[at].Key, wanted.Key) < 0)
            {
                at++;
            }

            if (at == _items.Length || _items[at].Key != wanted.Key || _items[at].Value != wanted.Value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Only the labels with these names: what a view can depend on.</summary>
    public Labels Only(IReadOnlySet<string> names)
    {
        var kept = Array.FindAll(_items, item => names.Contains(item.Key));
        return kept.Length == _items.Length ? this : kept.Length == 0 ? Empty : new(kept);
    }

    public bool Equals(Labels? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as Labels);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private static string Name(string text, string field)
    {
        var name = text.ToLowerInvariant();
        return name.Length is > 0 and <= ConfigLimits.LabelCharacters && ConfigNames.IsLetterOrDigit(name[0]) && name.All(ConfigNames.IsNameCharacter)
            ? name
            : throw Invalid($"'{ConfigNames.Shorten(text)}' cannot name a label.", field, $"Use at most {ConfigLimits.LabelCharacters} letters a-z, digits, '.', '_' and '-', beginning with a letter or a digit.");
    }

    private static string Value(string name, string text, string field) =>
        text.Length is > 0 and <= ConfigLimits.LabelCharacters && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '+')
            ? text
            : throw Invalid($"'{ConfigNames.Shorten(text)}' cannot be the value of the label '{ConfigNames.Shorten(name)}'.", field, $"Use 1 to {ConfigLimits.LabelCharacters} letters, digits, '.', '_', '-', ':' and '+'.");

    private static ConfigException Invalid(string message, string field, string remedy) =>
        new(new ConfigError(ConfigErrorCode.InvalidLabel, message, field, remedy));
}
