namespace Concord.Client.Configs;

/// <summary>The names and file extensions of the formats.</summary>
public static class DocumentFormats
{
    /// <summary>The formats by the word that names them on a command line and in JSON.</summary>
    public static IReadOnlyList<string> Names { get; } = ["json", "yaml", "properties", "toml", "xml", "text"];

    public static string NameOf(DocumentFormat format) => format switch
    {
        DocumentFormat.Json => "json",
        DocumentFormat.Yaml => "yaml",
        DocumentFormat.Properties => "properties",
        DocumentFormat.Toml => "toml",
        DocumentFormat.Xml => "xml",
        DocumentFormat.Text => "text",
        _ => "unspecified",
    };

    /// <summary>The format with this name, or <see cref="DocumentFormat.Unspecified"/>.</summary>
    public static DocumentFormat FromName(string name) => name switch
    {
        "json" => DocumentFormat.Json,
        "yaml" => DocumentFormat.Yaml,
        "properties" => DocumentFormat.Properties,
        "toml" => DocumentFormat.Toml,
        "xml" => DocumentFormat.Xml,
        "text" => DocumentFormat.Text,
        _ => DocumentFormat.Unspecified,
    };

    /// <summary>The extension, with its dot, that <see cref="FromExtension"/> reads back.</summary>
    public static string ExtensionOf(DocumentFormat format) => format switch
    {
        DocumentFormat.Json => ".json",
        DocumentFormat.Yaml => ".yaml",
        DocumentFormat.Properties => ".properties",
        DocumentFormat.Toml => ".toml",
        DocumentFormat.Xml => ".xml",
        _ => ".txt",
    };

    /// <summary>The format that files with this extension (".yml") hold, or <see cref="DocumentFormat.Unspecified"/>.</summary>
    public static DocumentFormat FromExtension(string extension)
    {
        ArgumentNullException.ThrowIfNull(extension);
        return extension.ToLowerInvariant() switch
        {
            ".json" => DocumentFormat.Json,
            ".yaml" or ".yml" => DocumentFormat.Yaml,
            ".properties" => DocumentFormat.Properties,
            ".toml" => DocumentFormat.Toml,
            ".xml" => DocumentFormat.Xml,
            ".txt" => DocumentFormat.Text,
            _ => DocumentFormat.Unspecified,
        };
    }
}
