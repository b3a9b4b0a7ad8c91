namespace Concord.Mvcc.Auth;

/// <summary>Names with a meaning of their own.</summary>
public static class AuthNames
{
    /// <summary>The user that must exist before checks are switched on, and the role that may do everything.</summary>
    public const string Root = "root";

    private static readonly byte[] ReservedStart = "/concord/"u8.ToArray();

    /// <summary>
    /// Where the slices of the server keep their own things. Their operations are checked by what they mean; plain writes would go
    /// past their rules, so only the root role may make them.
    /// </summary>
    public static KeyRange Reserved { get; } = KeyRange.Prefix(ReservedStart);
}
