using System.Security.Cryptography;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Replica;

namespace Concord.Server.Auth;

/// <summary>
/// Makes the keys that sign tokens. Each serves for a day: who gets hold of an old copy of the data cannot make tokens with it
/// for longer. The one before is still recognised, so nobody has to sign in because of it.
/// </summary>
internal sealed class TokenKeyKeeper(LocalReplica replica, TimeProvider time)
{
    private static readonly TimeSpan Serves = TimeSpan.FromDays(1);

    public EnableAuth Enabling() => new(NewSecret(), Now());

    /// <summary>The state to issue a token in, with a key that is not too old.</summary>
    public async ValueTask<AuthState> RenewAsync(AuthState state, CancellationToken cancellation)
    {
        if (state.Key is not { } key || Now() - key.MadeUnixSeconds < (long)Serves.TotalSeconds)
        {
            return state;
        }

        // Several members may do it at once: the key that was replaced is named, so the first one wins.
        await replica.ProposeAsync(new AuthCommand(new ReplaceTokenKey(key.Number, NewSecret(), Now())), cancellation).ConfigureAwait(false);
        var now = replica.View.Auth;

        // The password was checked in the state before: the token must not outlive a change that came between.
        return now.IsEnabled ? now with { Revision = state.Revision } : state;
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    private static byte[] NewSecret() => RandomNumberGenerator.GetBytes(32);
}
