namespace Concord.Client;

/// <summary>Reads lists of endpoints as people write them.</summary>
public static class ConcordEndpoints
{
    /// <summary>The environment variable that names the endpoints, separated by commas.</summary>
    public const string EnvironmentVariable = "CONCORD_ENDPOINTS";

    /// <summary>A server on this machine with the default port.</summary>
    public static Uri Default { get; } = new("http://localhost:2379");

    /// <summary>
    /// Reads <c>host:port</c> or <c>scheme://host:port</c>, several separated by commas, semicolons or spaces. Without a
    /// scheme it is http, without a port 2379.
    /// </summary>
    /// <param name="isSecure">Without a scheme it is https: there are certificates.</param>
    /// <exception cref="FormatException">An entry is no http or https address, or there is no entry.</exception>
    public static IReadOnlyList<Uri> Parse(string text, bool isSecure = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var endpoints = new List<Uri>();
        foreach (var entry in text.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var endpoint = ParseOne(entry, isSecure);
            if (!endpoints.Contains(endpoint))
                endpoints.Add(endpoint);
        }

        return endpoints.Count > 0
            ? endpoints
            : throw new FormatException($"No endpoint in '{text}': name at least one, such as {Default}.");
    }

    /// <summary>What <see cref="EnvironmentVariable"/> names, or the default.</summary>
    public static IReadOnlyList<Uri> FromEnvironment() =>
        Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } text ? Parse(text) : [Default];

    private static Uri ParseOne(string entry, bool isSecure)
    {
        var hasScheme = entry.Contains("://", StringComparison.Ordinal);
        var text = hasScheme ? entry : $"{(isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{entry}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint))
            throw new FormatException($"'{entry}' is no endpoint: write http://host:port or https://host:port.");
        // Uri fills in 80 or 443 where no port was written; ours is 2379.
        var written = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/');
        var hasPort = written.LastIndexOf(':') > written.LastIndexOf(']');
        if (!hasPort)
            endpoint = new UriBuilder(endpoint) { Port = Default.Port }.Uri;
        return FaultOf(endpoint) is { } fault ? throw new FormatException(fault) : endpoint;
    }

    internal static string? FaultOf(Uri endpoint)
    {
        if (!endpoint.IsAbsoluteUri || (endpoint.Scheme != Uri.UriSchemeHttp && endpoint.Scheme != Uri.UriSchemeHttps))
            return $"Endpoint '{endpoint}' is neither http nor https: write http://host:port or https://host:port.";
        if (endpoint.PathAndQuery is not ("" or "/") || endpoint.UserInfo.Length > 0)
            return $"Endpoint '{endpoint.Host}:{endpoint.Port}' carries more than scheme, host and port: leave the rest out.";
        return null;
    }
}
