namespace Concord.Cli.Cluster;

/// <summary>Addresses that members reach each other by. The server has the same rules for its flags.</summary>
internal static class PeerAddress
{
    /// <summary>The address without a slash at the end, or what is wrong with it.</summary>
    public static string? Parse(string text, out string url)
    {
        url = "";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")
            || parsed.PathAndQuery != "/" || parsed.UserInfo.Length > 0 || parsed.Port == 0 || !HasPort(text))
            return $"'{text}' is no address of a member: write http://HOST:PORT";
        url = parsed.GetLeftPart(UriPartial.Authority);
        return null;
    }

    /// <summary>A port that was left out reads as 80, which nobody means here.</summary>
    private static bool HasPort(string text)
    {
        var authority = text.AsSpan(text.IndexOf("//", StringComparison.Ordinal) + 2).TrimEnd('/');
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') && colon + 1 < authority.Length;
    }
}
