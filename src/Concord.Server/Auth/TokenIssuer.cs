using Concord.Mvcc.Auth;

namespace Concord.Server.Auth;

/// <summary>What a token turned out to be.</summary>
/// <param name="Caller">Null unless it is good.</param>
/// <param name="IsAhead">
/// It may be good: it was issued by a member that knows more than this one does yet. Worth another look in a newer state.
/// </param>
internal readonly record struct TokenVerdict(Caller? Caller, AuthRefusal Refusal, bool IsAhead)
{
    public static TokenVerdict Good(Caller caller) => new(caller, default, false);

    public static TokenVerdict Bad(AuthRefusal refusal) => new(null, refusal, false);

    public static TokenVerdict Ahead => new(null, AuthRefusal.InvalidToken, true);
}

/// <summary>Makes tokens after a sign-in and recognises them later, also those of other members.</summary>
internal abstract class TokenIssuer : IDisposable
{
    /// <summary>False if this server only recognises tokens.</summary>
    public virtual bool CanIssue => true;

    public abstract string Issue(AuthState state, string user);

    public abstract ValueTask<TokenVerdict> RecogniseAsync(AuthState state, string token);

    public virtual void Dispose()
    {
    }

    /// <summary>The judgement about whom a genuine token names, in a state. It must be a user: an external issuer may write any name.</summary>
    protected static TokenVerdict Judge(AuthState state, Caller caller) =>
        caller.AuthRevision > state.Revision ? TokenVerdict.Ahead
        : state.User(caller.User) is { } user && user.ChangedRevision <= caller.AuthRevision ? TokenVerdict.Good(caller)
        : TokenVerdict.Bad(AuthRefusal.InvalidToken);
}
