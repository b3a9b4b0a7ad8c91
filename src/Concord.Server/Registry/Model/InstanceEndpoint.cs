using System.Net;
using Concord.Server.Configs.Model;

namespace Concord.Server.Registry.Model;

/// <summary>Where an instance is reached.</summary>
/// <param name="Host">A host name or an IP address, without brackets.</param>
internal sealed record InstanceEndpoint(string Name, string Scheme, string Host, int Port)
{
    public const string DefaultName = "default";

    /// <summary>As in a URL: IPv6 addresses in brackets.</summary>
    public string Authority => $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";

    public string Url => $"{Scheme}://{Authority}";

    public static InstanceEndpoint From(string name, string scheme, string host, int port, string field)
    {
        var word = name.Length == 0 ? DefaultName : RegistryNames.Folded(name, $"{field}.name", "an endpoint", "default");
        var kind = RegistryNames.Folded(scheme, $"{field}.scheme", "a scheme", "http");
        if (port is < 1 or > 65535)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{port} is no port.", $"{field}.port", "Use 1 to 65535.");
        }

        return new(word, kind, HostOf(host, $"{field}.host"), port);
    }

    private static string HostOf(string text, string field)
    {
        if (text.Length is 0 or > RegistryLimits.HostCharacters || Uri.CheckHostName(text) == UriHostNameType.Unknown)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, text.Length == 0 ? "The host of an endpoint is missing." : $"'{ConfigNames.Shorten(text)}' is no host.", field, "Give a host name or an IP address.");
        }

        if (IPAddress.TryParse(text.Trim('[', ']'), out var address))
        {
            return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
                ? throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{text} is an address to listen on; nobody can call it.", field, "Give the address that others reach this instance at.")
                : address.ToString();
        }

        return text.ToLowerInvariant();
    }
}
