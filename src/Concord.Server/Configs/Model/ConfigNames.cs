namespace Concord.Server.Configs.Model;

/// <summary>
/// Names of applications, environments and configurations: <c>[a-z0-9][a-z0-9._-]*</c>. Capital letters are folded, so
/// that <c>Orders</c> and <c>orders</c> are one application, never two by accident.
/// </summary>
public static class ConfigNames
{
    /// <summary>The environment that holds an application's defaults for all environments.</summary>
    public const string DefaultEnvironment = "default";

    /// <summary>The configuration meant when no name is given.</summary>
    public const string DefaultName = "application";

    /// <summary>The reserved configuration that lists the shared configurations an application imports.</summary>
    public const string ImportsName = "imports";

    public static string Application(string text, string field) => Fold(text, field, "an application", ConfigLimits.ApplicationCharacters);

    public static string Environment(string text, string field) => Fold(text, field, "an environment", ConfigLimits.EnvironmentCharacters);

    /// <summary>An empty name is <see cref="DefaultName"/>.</summary>
    public static string Name(string text, string field) =>
        text.Length == 0 ? DefaultName : Fold(text, field, "a configuration", ConfigLimits.NameCharacters);

    internal static bool IsNameCharacter(char c) => IsLetterOrDigit(c) || c is '.' or '_' or '-';

    internal static bool IsLetterOrDigit(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');

    private static string Fold(string text, string field, string what, int charactersMax)
    {
        var name = text.ToLowerInvariant();
        if (name.Length == 0)
        {
            throw Invalid($"The name of {what} is missing.", field, $"Give {what} a name, such as 'orders'.");
        }

        if (name.Length > charactersMax)
        {
            throw Invalid($"'{Shorten(text)}' has {text.Length} characters; the name of {what} has at most {charactersMax}.", field, "Choose a shorter name.");
        }

        if (!IsLetterOrDigit(name[0]) || !name.All(IsNameCharacter))
        {
            throw Invalid($"'{text}' cannot name {what}.", field, "Use letters a-z, digits, '.', '_' and '-', beginning with a letter or a digit.");
        }

        return name;
    }

    private static ConfigException Invalid(string message, string field, string remedy) =>
        new(new ConfigError(ConfigErrorCode.InvalidName, message, field, remedy));

    internal static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
