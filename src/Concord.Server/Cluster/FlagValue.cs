using System.Globalization;
using System.Net;
using Concord.Checks;
using Concord.Server.Auth;

namespace Concord.Server.Cluster;

/// <summary>The kinds of values that flags take. Each parser returns what is wrong and the remedy, or null.</summary>
internal static class FlagValue
{
    public static string? NotEmpty(string text, ref ServerOptions options, Func<ServerOptions, string, ServerOptions> set)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "is empty; leave it out or give it a value";
        }

        options = set(options, text);
        return null;
    }

    public static string? Name(string text, ref ServerOptions options, Func<ServerOptions, string, ServerOptions> set)
    {
        if (text.Length is 0 or > 64 || text.AsSpan().ContainsAny('=', ',') || text.Any(char.IsControl))
        {
            return $"'{text}' is no member name; use 1 to 64 characters without '=' and ','";
        }

        options = set(options, text);
        return null;
    }

    public static string? OneOf(
        string text, ReadOnlySpan<string> choices, ref ServerOptions options, Func<ServerOptions, string, ServerOptions> set)
    {
        var value = text.ToLowerInvariant();
        if (!choices.Contains(value))
        {
            return $"'{text}' is not known; use {string.Join(" or ", choices.ToArray())}";
        }

        options = set(options, value);
        return null;
    }

    public static string? Number(
        string text, long min, long max, ref ServerOptions options, Func<ServerOptions, long, ServerOptions> set)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < min || value > max)
        {
            return $"'{text}' is out of bounds; use a whole number from {min} to {max}";
        }

        options = set(options, value);
        return null;
    }

    public static string? Networks(string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<IPNetwork>, ServerOptions> set)
    {
        if (TargetWords.Networks(text, out var networks) is { } problem)
        {
            return problem;
        }

        options = set(options, networks);
        return null;
    }

    public static string? Hosts(string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<string>, ServerOptions> set)
    {
        if (TargetWords.Hosts(text, out var hosts) is { } problem)
        {
            return problem;
        }

        options = set(options, hosts);
        return null;
    }

    /// <summary>Keys are read here once, so that a wrong file is named before anything starts.</summary>
    public static string? AuthToken(ref ServerOptions options, string text)
    {
        try
        {
            var option = AuthTokenOption.Parse(text);
            if (!option.IsSimple)
            {
                using var tokens = new JwtTokens(option, TimeProvider.System);
            }
        }
        catch (AuthTokenOptionException error)
        {
            return error.Message;
        }

        options = options with { AuthToken = text };
        return null;
    }

    public static string? Milliseconds(
        string text, int min, int max, ref ServerOptions options, Func<ServerOptions, TimeSpan, ServerOptions> set) =>
        Number(GoDuration.TryRead(text, TimeSpan.FromMilliseconds(int.MaxValue), out var time) ? Show(time) : text, min, max, ref options, (o, value) => set(o, TimeSpan.FromMilliseconds(value))) is { } problem
            ? problem + " (milliseconds, or a time such as 5s)"
            : null;

    public static string? Urls(string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<Uri>, ServerOptions> set) =>
        Urls(text, isListening: false, ref options, set);

    public static string? ListenUrls(string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<Uri>, ServerOptions> set) =>
        Urls(text, isListening: true, ref options, set);

    public static string? ListenClearTextUrls(string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<Uri>, ServerOptions> set) =>
        text.Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(item => item.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) is { } secure
            ? $"'{secure}' asks for TLS, which these addresses do not speak; write http://, or read metrics from an https:// address of --listen-client-urls"
            : ListenUrls(text, ref options, set);

    /// <summary>Unlike the other URLs it may be https and may have a path.</summary>
    public static string? Collector(string text, ref ServerOptions options, Func<ServerOptions, Uri, ServerOptions> set)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            return $"'{text}' is no URL; write http://HOST:PORT of the collector";
        }

        options = set(options, url);
        return null;
    }

    public static string? Members(
        string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<InitialMember>, ServerOptions> set)
    {
        // A member with several addresses is written once per address: a=http://x:2380,a=http://y:2380.
        var members = new List<(string Name, List<Uri> Urls)>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                return $"'{item}' is no member; write NAME=http://HOST:PORT";
            }

            if (Url(item[(equals + 1)..], isListening: false, out var url) is { } problem)
            {
                return problem;
            }

            var name = item[..equals];
            var at = members.FindIndex(member => member.Name == name);
            if (at < 0)
            {
                members.Add((name, [url!]));
            }
            else
            {
                members[at].Urls.Add(url!);
            }
        }

        options = set(options, [.. members.Select(member => new InitialMember(member.Name, member.Urls))]);
        return null;
    }

    public static string? SetLogLevel(ref ServerOptions options, string text)
    {
        LogLevel? level = text.ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => null,
        };
        if (level is null)
        {
            return $"'{text}' is not known; use debug, info, warn or error";
        }

        options = options with { LogLevel = level.Value };
        return null;
    }

    public static string ShowLogLevel(ServerOptions options) => options.LogLevel switch
    {
        LogLevel.Debug => "debug",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "info",
    };

    public static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Show(TimeSpan value) => ((long)value.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Without the slash that <see cref="Uri"/> adds at the end.</summary>
    public static string Show(Uri url) => url.GetLeftPart(UriPartial.Authority);

    public static string Show(IReadOnlyList<Uri> urls) => string.Join(',', urls.Select(Show));

    public static string Show(IReadOnlyList<InitialMember> members) =>
        string.Join(',', members.SelectMany(member => member.PeerUrls.Select(url => $"{member.Name}={Show(url)}")));

    private static string? Urls(
        string text, bool isListening, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<Uri>, ServerOptions> set)
    {
        var urls = new List<Uri>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Url(item, isListening, out var url) is { } problem)
            {
                return problem;
            }

            if (url!.Port != 0 && urls.Contains(url))
            {
                return $"'{item}' is there twice; list each address once";
            }

            urls.Add(url);
        }

        options = set(options, urls);
        return null;
    }

    private static string? Url(string text, bool isListening, out Uri? url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https"))
        {
            return $"'{text}' is no URL; write http://HOST:PORT";
        }

        if (!HasPort(text) || url.PathAndQuery != "/" || url.UserInfo.Length > 0)
        {
            return $"'{text}' needs a port and nothing behind it; write http://HOST:PORT";
        }

        if (!isListening)
        {
            return url.Port == 0 ? $"'{text}' has port 0, which nobody can connect to; write the real port" : null;
        }

        var isLocalhost = url.Host == "localhost";
        if (!isLocalhost && !IPAddress.TryParse(url.DnsSafeHost, out _))
        {
            return $"'{text}' names a host; to listen, write an IP address of this machine, 0.0.0.0 or localhost";
        }

        return isLocalhost && url.Port == 0 ? $"'{text}' leaves the port open; write http://127.0.0.1:0" : null;
    }

    /// <summary>A port that was left out reads as 80, which nobody means here.</summary>
    private static bool HasPort(string text)
    {
        var authority = text.AsSpan(text.IndexOf("//", StringComparison.Ordinal) + 2).TrimEnd('/');
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') && colon + 1 < authority.Length;
    }
}
