namespace Concord.Client;

/// <summary>A user's name and password. Says only the name when it is printed.</summary>
public sealed class ConcordCredentials
{
    /// <summary>The environment variable with the user: <c>name:password</c>, or the name alone.</summary>
    public const string UserVariable = "CONCORD_USER";

    /// <summary>The environment variable with the password of a user that is named without one.</summary>
    public const string PasswordVariable = "CONCORD_PASSWORD";

    /// <exception cref="ArgumentException">There is no name.</exception>
    public ConcordCredentials(string user, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(password);
        User = user;
        Password = password;
    }

    public string User { get; }

    public string Password { get; }

    /// <summary>Reads <c>name:password</c>; the password may hold further colons.</summary>
    /// <param name="text">Null or empty is nobody.</param>
    /// <param name="password">Of a name that stands alone.</param>
    /// <returns>Null if there is no name.</returns>
    /// <exception cref="FormatException">There is a name and no password, or the reverse.</exception>
    public static ConcordCredentials? Parse(string? text, string? password = null)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon == 0)
            throw new FormatException("The user has no name: write name:password.");
        if (colon > 0)
            return new(text[..colon], text[(colon + 1)..]);
        return password is not null
            ? new(text, password)
            : throw new FormatException($"The user '{text}' has no password: write name:password, or set {PasswordVariable}.");
    }

    /// <summary>What the environment variables name; null if they name nobody.</summary>
    /// <exception cref="FormatException">A name without a password.</exception>
    public static ConcordCredentials? FromEnvironment() => Parse(
        Environment.GetEnvironmentVariable(UserVariable), Environment.GetEnvironmentVariable(PasswordVariable));

    public override string ToString() => User;
}
