using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Documents;

/// <summary>A document as written, and the way to its tree.</summary>
public sealed record ConfigDocument(ConfigFormat Format, string Content)
{
    /// <summary>Refuses a document that is too large to store.</summary>
    public static ConfigDocument From(ConfigFormat format, string content)
    {
        var bytes = KeyText.Bytes(content);
        return bytes <= ConfigLimits.DocumentBytes
            ? new(format, content)
            : throw DocumentTree.TooLarge(
                $"The document has {bytes} bytes; at most {ConfigLimits.DocumentBytes} are allowed.",
                "Divide it into several configurations, or keep large data elsewhere and put its address here.");
    }

    /// <summary>Reads the document.</summary>
    /// <param name="name">The configuration's name: the key of a plain text.</param>
    /// <exception cref="ConfigException">It is malformed (with line and column) or beyond a limit.</exception>
    public ConfigNode Parse(string name)
    {
        // An editor's byte order mark is not part of the text.
        var text = Content.StartsWith('\uFEFF') ? Content[1..] : Content;
        return Format switch
        {
            ConfigFormat.Json => JsonReader.Read(text),
            ConfigFormat.Yaml => YamlReader.Read(text),
            ConfigFormat.Properties => PropertiesReader.Read(text),
            ConfigFormat.Toml => TomlReader.Read(text),
            ConfigFormat.Xml => XmlDocumentReader.Read(text),
            ConfigFormat.Text => ReadText(name, Content),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static ConfigNode ReadText(string name, string text)
    {
        var tree = new DocumentTree();
        tree.SetValue(tree.Root.Child(name), text, ScalarKind.Text, 1, 1);
        return tree.Root;
    }
}
