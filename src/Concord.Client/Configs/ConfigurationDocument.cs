namespace Concord.Client.Configs;

/// <summary>How a configuration is written.</summary>
public enum DocumentFormat
{
    /// <summary>Not said.</summary>
    Unspecified,
    Json,
    Yaml,
    Properties,
    Toml,
    Xml,

    /// <summary>The whole text is one value under the configuration's name.</summary>
    Text,
}

/// <summary>A configuration as it was written: comments and the order of keys are kept.</summary>
public sealed record ConfigurationDocument(DocumentFormat Format, string Content);
