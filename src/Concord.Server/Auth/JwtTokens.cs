using System.Globalization;
using Concord.Mvcc.Auth;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Concord.Server.Auth;

/// <summary>
/// Tokens of <c>--auth-token jwt,…</c>: JSON Web Tokens with etcd's claims <c>username</c>, <c>revision</c> (of the rights) and
/// <c>exp</c>. As in etcd, any change of the rights makes the tokens before it old. They must end: one without <c>exp</c> is
/// not taken.
/// </summary>
internal sealed class JwtTokens : TokenIssuer
{
    private const string UserClaim = "username";
    private const string RevisionClaim = "revision";

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false, MapInboundClaims = false };
    private readonly TimeSpan _ttl;
    private readonly TimeProvider _time;
    private readonly SigningCredentials? _signing;
    private readonly TokenValidationParameters _validation;
    private readonly IDisposable? _key;

    /// <exception cref="AuthTokenOptionException">A key cannot be read or does not suit the method.</exception>
    public JwtTokens(AuthTokenOption option, TimeProvider time)
    {
        var (key, canSign, owned) = JwtKeys.Load(option);
        _key = owned;
        _ttl = option.Ttl;
        _time = time;
        _signing = canSign ? new(key, option.SignMethod) : null;
        _validation = new()
        {
            ValidateIssuer = false,
            ValidateAudience = false,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            IssuerSigningKey = key,
            ValidAlgorithms = [option.SignMethod],
            ClockSkew = TimeSpan.Zero,
            LifetimeValidator = (from, until, _, _) => until is { } end && end > time.GetUtcNow().UtcDateTime && (from is null || from <= time.GetUtcNow().UtcDateTime),
        };
    }

    public override bool CanIssue => _signing is not null;

    public override string Issue(AuthState state, string user) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { [UserClaim] = user, [RevisionClaim] = state.Revision },
        Expires = _time.GetUtcNow().UtcDateTime + _ttl,
        SigningCredentials = _signing,
    });

    public override async ValueTask<TokenVerdict> RecogniseAsync(AuthState state, string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _validation).ConfigureAwait(false);
        if (!result.IsValid
            || !result.Claims.TryGetValue(UserClaim, out var user) || user is not string name
            || !result.Claims.TryGetValue(RevisionClaim, out var claim)
            || !long.TryParse(Convert.ToString(claim, CultureInfo.InvariantCulture), NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            return TokenVerdict.Bad(AuthRefusal.InvalidToken);
        }

        return revision < state.Revision ? TokenVerdict.Bad(AuthRefusal.OldRevision) : Judge(state, new(name, revision));
    }

    public override void Dispose()
    {
        _key?.Dispose();
        base.Dispose();
    }
}
