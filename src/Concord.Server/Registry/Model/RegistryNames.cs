using Concord.Server.Configs.Model;

namespace Concord.Server.Registry.Model;

/// <summary>The words of the registry, checked; each error names the field and the remedy.</summary>
internal static class RegistryNames
{
    /// <summary>As applications are named: capital letters are folded, so that one service is never two by accident.</summary>
    public static string Service(string text, string field) => Folded(text, field, "a service", "orders");

    /// <summary>The beginning of a service's name; may be empty.</summary>
    public static string Prefix(string text, string field)
    {
        var prefix = text.ToLowerInvariant();
        return prefix.Length <= RegistryLimits.ServiceCharacters && prefix.All(ConfigNames.IsNameCharacter)
            ? prefix
            : throw Invalid($"'{ConfigNames.Shorten(text)}' cannot begin the name of a service.", field, "Use letters a-z, digits, '.', '_' and '-'.");
    }

    /// <summary>Letters of both cases count: ids are made by machines.</summary>
    public static string Id(string text, string field) =>
        text.Length == 0 ? throw Invalid("The id of the instance is missing.", field, "Give an id that is unique within the service, such as the host's name and the port.")
        : text.Length > RegistryLimits.IdCharacters ? throw Invalid($"The id has {text.Length} characters; at most {RegistryLimits.IdCharacters} are allowed.", field, "Choose a shorter id.")
        : !char.IsAsciiLetterOrDigit(text[0]) || !text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '@' or '~' or '[' or ']')
            ? throw Invalid($"'{ConfigNames.Shorten(text)}' cannot be the id of an instance.", field, "Use letters, digits, '.', '_', '-', ':', '@', '~', '[' and ']', beginning with a letter or a digit.")
            : text;

    /// <summary>A zone, region, version or tag; empty is none.</summary>
    public static string Word(string text, string field) =>
        text.Length <= RegistryLimits.WordCharacters && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '=' or '+')
            ? text
            : throw Invalid($"'{ConfigNames.Shorten(text)}' cannot be used here.", field, $"Use at most {RegistryLimits.WordCharacters} letters, digits, '.', '_', '-', ':', '=' and '+'.");

    public static string RequiredWord(string text, string field) =>
        text.Length > 0 ? Word(text, field) : throw Invalid($"'{field}' is empty.", field, "Give it a value.");

    public static string Text(string text, int charactersMax, string field) =>
        text.Length > charactersMax ? throw new RegistryException(RegistryErrorCode.TooLarge, $"'{field}' has {text.Length} characters; at most {charactersMax} are allowed.", field, "Shorten it.")
        : text.Any(char.IsControl) ? throw new RegistryException(RegistryErrorCode.InvalidRequest, $"'{field}' holds a control character.", field, "Use one line of text.")
        : text;

    /// <summary>A number in bounds; 0 is the default.</summary>
    public static int Number(int value, int min, int max, int whenZero, string field) =>
        value == 0 ? whenZero
        : value >= min && value <= max ? value
        : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{value} is out of bounds for '{field}'.", field, $"Use {min} to {max}.");

    /// <summary>A name of letters a-z, digits and '.', '_', '-'.</summary>
    public static string Folded(string text, string field, string what, string example)
    {
        var name = text.ToLowerInvariant();
        return name.Length == 0 ? throw Invalid($"The name of {what} is missing.", field, $"Give {what} a name, such as '{example}'.")
            : name.Length > RegistryLimits.ServiceCharacters ? throw Invalid($"'{ConfigNames.Shorten(text)}' has {text.Length} characters; the name of {what} has at most {RegistryLimits.ServiceCharacters}.", field, "Choose a shorter name.")
            : !ConfigNames.IsLetterOrDigit(name[0]) || !name.All(ConfigNames.IsNameCharacter) ? throw Invalid($"'{ConfigNames.Shorten(text)}' cannot name {what}.", field, "Use letters a-z, digits, '.', '_' and '-', beginning with a letter or a digit.")
            : name;
    }

    private static RegistryException Invalid(string message, string field, string remedy) => new(RegistryErrorCode.InvalidName, message, field, remedy);
}
