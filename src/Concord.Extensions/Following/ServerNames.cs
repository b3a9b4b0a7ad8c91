using System.Text;

namespace Concord.Extensions.Following;

/// <summary>Turns the names that a .NET host has into names that the server takes: <c>[a-z0-9][a-z0-9._-]*</c>.</summary>
internal static class ServerNames
{
    public static string Application(string hostName) => Normalise(hostName);

    public static string Environment(string hostName) => hostName.ToUpperInvariant() switch
    {
        "DEVELOPMENT" => "dev",
        "PRODUCTION" => "prod",
        _ => Normalise(hostName),
    };

    private static string Normalise(string name)
    {
        var result = new StringBuilder(name.Length);
        foreach (var c in name.ToLowerInvariant())
            result.Append(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_' ? c : '-');
        return result.ToString().Trim('-', '_');
    }
}
