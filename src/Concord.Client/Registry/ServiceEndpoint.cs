namespace Concord.Client.Registry;

/// <summary>Where an instance is reached.</summary>
/// <param name="Scheme">Such as <c>http</c>, <c>https</c>, <c>grpc</c> or <c>tcp</c>.</param>
/// <param name="Host">A host name or an IP address, without brackets.</param>
/// <param name="Name">Each name once per instance.</param>
public sealed record ServiceEndpoint(string Scheme, string Host, int Port, string Name = ServiceEndpoint.DefaultName)
{
    public const string DefaultName = "default";

    /// <summary>As a URL; IPv6 addresses stand in brackets.</summary>
    public string Url => $"{Scheme}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";

    /// <summary>Reads <c>[NAME=]scheme://host:port</c>; the port may be left out of http and https.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static ServiceEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, url) = text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && !text[..equals].Contains(':', StringComparison.Ordinal)
            ? (text[..equals], text[(equals + 1)..])
            : (DefaultName, text);
        return Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Port > 0 && parsed.PathAndQuery is "/" or "" && parsed.UserInfo.Length == 0 && parsed.Host.Length > 0
            ? new(parsed.Scheme, parsed.DnsSafeHost, parsed.Port, name)
            : throw new FormatException($"'{text}' is no address. Write it as scheme://host:port, such as http://10.0.0.1:8080, with NAME= in front for a further one.");
    }

    public override string ToString() => Name == DefaultName ? Url : $"{Name}={Url}";
}
