using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Editing;

/// <summary>
/// Sets and removes single keys of a document and leaves every other character as it was: comments, order, spacing.
/// The result is read again and compared with what was asked for; an edit that would do anything else is refused.
/// </summary>
internal static class DocumentEditor
{
    /// <param name="set">Keys in ':' or '.' form with their new texts.</param>
    /// <param name="remove">Keys that must be there; a group goes with everything below it.</param>
    /// <exception cref="ConfigException">The format or the place does not allow it.</exception>
    public static ConfigDocument Edit(ConfigDocument document, string name, IReadOnlyCollection<KeyValuePair<string, string>> set, IReadOnlyCollection<string> remove)
    {
        if (set.Count + remove.Count > ConfigLimits.KeysPerEdit)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"{set.Count + remove.Count} keys in one edit; at most {ConfigLimits.KeysPerEdit} are allowed.", "set", "Put the document as a whole."));
        }

        var text = document.Content;
        foreach (var key in remove)
        {
            text = Remove(document.Format, text, CheckKey(key, "remove"));
        }

        foreach (var (key, value) in set.OrderBy(static pair => pair.Key, KeyText.ByteOrder))
        {
            text = Set(document.Format, text, CheckKey(key, "set"), value);
        }

        var edited = ConfigDocument.From(document.Format, text);
        Verify(document, edited, name, set, remove);
        return edited;
    }

    private static string Set(ConfigFormat format, string text, string key, string value) => format switch
    {
        ConfigFormat.Json => JsonEditor.Set(text, key, value),
        ConfigFormat.Properties => PropertiesEditor.Set(text, key, value),
        ConfigFormat.Yaml => YamlEditor.Set(text, key, value),
        _ => throw CannotEdit($"Single keys of documents in {format.Word()} cannot be set.", "set"),
    };

    private static string Remove(ConfigFormat format, string text, string key) => format switch
    {
        ConfigFormat.Json => JsonEditor.Remove(text, key),
        ConfigFormat.Properties => PropertiesEditor.Remove(text, key),
        ConfigFormat.Yaml => YamlEditor.Remove(text, key),
        _ => throw CannotEdit($"Single keys of documents in {format.Word()} cannot be removed.", "remove"),
    };

    private static void Verify(ConfigDocument document, ConfigDocument edited, string name, IReadOnlyCollection<KeyValuePair<string, string>> set, IReadOnlyCollection<string> remove)
    {
        var settings = Settings(edited, name, set.Count > 0 ? "set" : "remove");
        foreach (var (key, value) in set)
        {
            if ((!settings.TryGetValue(key, out var found) && !settings.TryGetValue(KeyText.Normalise(key), out found)) || found != value)
            {
                throw CannotEdit($"'{ConfigNames.Shorten(key)}' cannot be set in this document without changing its shape.", "set");
            }
        }

        // The elements behind one that is removed move up.
        if (remove.Count > 0 && !remove.Any(static key => char.IsAsciiDigit(key[^1])))
        {
            VerifyOthers(Settings(document, name, "remove"), settings, set, remove);
        }
    }

    private static void VerifyOthers(Dictionary<string, string> before, Dictionary<string, string> after, IReadOnlyCollection<KeyValuePair<string, string>> set, IReadOnlyCollection<string> remove)
    {
        var changed = set.Select(static pair => pair.Key).Concat(remove).Select(KeyText.Normalise).ToList();
        foreach (var key in before.Keys.Union(after.Keys, KeyText.Identity).Where(key => !changed.Exists(one => KeyText.IsAtOrBelow(KeyText.Normalise(key), one))))
        {
            if (before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
            {
                throw CannotEdit($"The edit would change '{ConfigNames.Shorten(key)}' too.", "remove");
            }
        }
    }

    private static Dictionary<string, string> Settings(ConfigDocument document, string name, string field)
    {
        try
        {
            return FlatSettings.Of(document.Parse(name)).ToDictionary(static setting => setting.Key, static setting => setting.Value.Text, KeyText.Identity);
        }
        catch (ConfigException e) when (e.Error.Code == ConfigErrorCode.MalformedDocument)
        {
            throw CannotEdit($"The document could not be read after this edit: {e.Error.Message}", field);
        }
    }

    private static string CheckKey(string key, string field)
    {
        var trimmed = key.Trim();
        if (trimmed.Length is 0 or > ConfigLimits.KeyCharacters || trimmed.Any(char.IsControl) || KeyText.Normalise(trimmed).Split(KeyText.Separator).Any(static part => part.Length == 0))
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.InvalidKey, $"'{ConfigNames.Shorten(key)}' is not a key.", field, $"Write parts separated by ':' or '.', at most {ConfigLimits.KeyCharacters} characters, such as Pricing:Discount."));
        }

        return trimmed;
    }

    internal static ConfigException CannotEdit(string message, string field) =>
        new(new ConfigError(ConfigErrorCode.CannotEdit, message, field, "Put the document as a whole (PutDraft, or 'concord config put --file')."));

    internal static ConfigException NotThere(string key) =>
        new(new ConfigError(ConfigErrorCode.UnknownKey, $"There is no key '{ConfigNames.Shorten(key)}' in the document.", "remove", "Remove keys that this document holds; keys of other layers are removed there."));
}
