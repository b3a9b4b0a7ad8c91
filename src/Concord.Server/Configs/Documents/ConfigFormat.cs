using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Documents;

/// <summary>The formats of documents. The numbers are written to the store and are those of the proto.</summary>
public enum ConfigFormat : byte
{
    Json = 1,
    Yaml = 2,
    Properties = 3,
    Toml = 4,
    Xml = 5,
    Text = 6,
}

public static class ConfigFormats
{
    public const string Words = "json, yaml, properties, toml, xml, text";

    public static string Word(this ConfigFormat format) => format switch
    {
        ConfigFormat.Json => "json",
        ConfigFormat.Yaml => "yaml",
        ConfigFormat.Properties => "properties",
        ConfigFormat.Toml => "toml",
        ConfigFormat.Xml => "xml",
        ConfigFormat.Text => "text",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static string MediaType(this ConfigFormat format) => format switch
    {
        ConfigFormat.Json => "application/json",
        ConfigFormat.Yaml => "application/yaml",
        ConfigFormat.Toml => "application/toml",
        ConfigFormat.Xml => "application/xml",
        _ => "text/plain",
    };

    /// <exception cref="ConfigException">The number is not a format.</exception>
    public static ConfigFormat From(int number, string field) => number is >= 1 and <= 6
        ? (ConfigFormat)number
        : throw Unknown(number == 0 ? "The format of the document is missing." : $"{number} is not a format.", field);

    /// <summary>Reads the word for a format, or the usual file extension.</summary>
    /// <exception cref="ConfigException">There is no such format.</exception>
    public static ConfigFormat Parse(string word, string field) => word.ToLowerInvariant() switch
    {
        "json" or "jsonc" => ConfigFormat.Json,
        "yaml" or "yml" => ConfigFormat.Yaml,
        "properties" => ConfigFormat.Properties,
        "toml" => ConfigFormat.Toml,
        "xml" => ConfigFormat.Xml,
        "text" or "txt" => ConfigFormat.Text,
        _ => throw Unknown($"'{ConfigNames.Shorten(word)}' is not a format.", field),
    };

    private static ConfigException Unknown(string message, string field) =>
        new(new ConfigError(ConfigErrorCode.UnknownFormat, message, field, $"Give one of: {Words}."));
}
