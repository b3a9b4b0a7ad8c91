using System.Globalization;

namespace Concord.Server.Auth;

/// <summary>A value of <c>--auth-token</c>, taken apart.</summary>
/// <param name="SignMethod">Of a JSON Web Token (RFC 7518 names); empty for simple tokens.</param>
/// <param name="Ttl">How long a JSON Web Token lasts.</param>
internal sealed record AuthTokenOption(string SignMethod, string PublicKeyFile, string PrivateKeyFile, TimeSpan Ttl)
{
    public const string SimpleWord = "simple";

    private const string JwtWord = "jwt";

    private static readonly TimeSpan DefaultTtl = TimeSpan.FromMinutes(5);

    private static readonly string[] Methods = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512"];

    public bool IsSimple => SignMethod.Length == 0;

    /// <summary><c>simple</c>, or <c>jwt,sign-method=METHOD,priv-key=FILE,pub-key=FILE,ttl=5m</c>.</summary>
    /// <exception cref="AuthTokenOptionException">What is wrong and what to do.</exception>
    public static AuthTokenOption Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts is [SimpleWord])
        {
            return new("", "", "", TimeSpan.Zero);
        }

        if (parts[0] != JwtWord)
        {
            throw new AuthTokenOptionException($"'{text}' is no kind of token; use simple, or jwt,sign-method=RS256,priv-key=FILE,pub-key=FILE");
        }

        var option = new AuthTokenOption("", "", "", DefaultTtl);
        foreach (var part in parts.Skip(1))
        {
            option = part.Split('=', 2) switch
            {
                ["sign-method", var method] when Methods.Contains(method) => option with { SignMethod = method },
                ["sign-method", var method] => throw new AuthTokenOptionException($"'{method}' is no sign-method; use one of {string.Join(' ', Methods)}"),
                ["pub-key", { Length: > 0 } file] => option with { PublicKeyFile = file },
                ["priv-key", { Length: > 0 } file] => option with { PrivateKeyFile = file },
                ["ttl", var ttl] => option with { Ttl = Duration(ttl) },
                _ => throw new AuthTokenOptionException($"'{part}' is not known; use sign-method=, pub-key=, priv-key= and ttl="),
            };
        }

        return option.SignMethod.Length == 0 ? throw new AuthTokenOptionException("jwt needs sign-method=, such as sign-method=RS256")
            : option.PublicKeyFile.Length + option.PrivateKeyFile.Length == 0 ? throw new AuthTokenOptionException("jwt needs priv-key=FILE to sign, or pub-key=FILE to check only")
            : option;
    }

    /// <summary>As Go writes durations, in one unit: 300s, 5m, 1h.</summary>
    private static TimeSpan Duration(string text)
    {
        var unit = text.Length > 0 ? text[^1] : ' ';
        if (!int.TryParse(text.AsSpan(0, Math.Max(0, text.Length - 1)), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is 0 or > 1_000_000)
        {
            count = 0;
        }

        return (unit, count) switch
        {
            ('s', > 0) => TimeSpan.FromSeconds(count),
            ('m', > 0) => TimeSpan.FromMinutes(count),
            ('h', > 0) => TimeSpan.FromHours(count),
            _ => throw new AuthTokenOptionException($"'{text}' is no time to live; use a number with its unit, such as 300s, 5m or 1h"),
        };
    }
}

/// <summary>A value of <c>--auth-token</c> cannot work; the message says why and what to do.</summary>
internal sealed class AuthTokenOptionException(string message, Exception? inner = null) : Exception(message, inner);
