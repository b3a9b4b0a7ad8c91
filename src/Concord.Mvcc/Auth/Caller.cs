namespace Concord.Mvcc.Auth;

/// <summary>
/// On whose behalf a command was proposed. It is in the log, because the rights of its user may change between the
/// proposal and the moment of applying; every replica then comes to the same answer.
/// </summary>
/// <param name="AuthRevision">
/// The revision of the rights at which the credentials were good. A user whose password changed later, or that was
/// deleted and made anew, is not this caller any more.
/// </param>
public sealed record Caller(string User, long AuthRevision)
{
    /// <summary>
    /// The server itself, which may do everything. No user has an empty name, so nothing that a client shows leads here: names
    /// come from tokens, passwords and certificates only, and have to be those of users.
    /// </summary>
    public static Caller Server { get; } = new("", 0);

    /// <summary>
    /// What the command needs, if its proposer knows better than its operations tell: a slice whose keys stand for something
    /// else. Null: what the operations need themselves; never empty.
    /// </summary>
    public IReadOnlyList<RequiredRight>? Required { get; init; }
}
