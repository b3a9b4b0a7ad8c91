using System.Security.Cryptography;
using Concord.Mvcc.Auth;
using Concord.Server.Auth;
using Concord.Tests.Mvcc.Access;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Auth;

/// <summary>Who a token names, when, and at which member.</summary>
public sealed class TokenTests : IDisposable
{
    private static readonly TimeSpan Ttl = TimeSpan.FromMinutes(5);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly AuthStore _store = AuthStore.Enabled();
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-test-").FullName;

    [Fact]
    public async Task A_token_is_known_at_every_member_and_after_a_restart()
    {
        using var first = Signed();
        using var second = Signed();
        var token = first.Issue(_store.Auth, "alice");
        Assert.Equal("alice", (await second.RecogniseAsync(_store.Auth, token)).Caller!.User);
        Assert.NotEqual(token, first.Issue(_store.Auth, "alice"));

        using var other = new SignedTokens(2, Ttl, _time);
        await RefusedAsync(other, token, AuthRefusal.InvalidToken);
    }

    [Fact]
    public async Task A_token_lasts_from_its_last_use_where_it_is_used_and_from_its_issue_elsewhere()
    {
        using var used = Signed();
        using var elsewhere = Signed();
        var token = used.Issue(_store.Auth, "alice");
        for (var i = 0; i < 5; i++)
        {
            Assert.NotNull((await used.RecogniseAsync(_store.Auth, token)).Caller);
            _time.Advance(Ttl / 2);
        }

        await RefusedAsync(elsewhere, token, AuthRefusal.InvalidToken);
        Assert.NotNull((await used.RecogniseAsync(_store.Auth, token)).Caller);
        _time.Advance(Ttl + TimeSpan.FromSeconds(1));
        await RefusedAsync(used, token, AuthRefusal.InvalidToken);
        await RefusedAsync(used, token, AuthRefusal.InvalidToken);
    }

    [Fact]
    public async Task Whatever_is_changed_in_a_token_makes_it_none()
    {
        using var tokens = Signed();
        var token = tokens.Issue(_store.Auth, "alice");
        var known = 0;
        for (var i = 0; i < token.Length; i++)
        {
            var forged = $"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}";

            // A key number from the future is asked about again; it is none all the same.
            var verdict = await tokens.RecogniseAsync(_store.Auth, forged);
            known += verdict.Caller is null ? 0 : 1;
        }

        Assert.Equal(0, known);
        await RefusedAsync(tokens, "", AuthRefusal.InvalidToken);
        await RefusedAsync(tokens, "x", AuthRefusal.InvalidToken);
        await RefusedAsync(tokens, token[..^1], AuthRefusal.InvalidToken);
    }

    [Fact]
    public async Task A_member_that_is_behind_has_to_look_again()
    {
        using var tokens = Signed();
        var behind = _store.Auth;
        _store.Ok(new AddUser("new", "h", HasNoPassword: false));
        var token = tokens.Issue(_store.Auth, "new");
        Assert.True((await tokens.RecogniseAsync(behind, token)).IsAhead);
        Assert.Equal("new", (await tokens.RecogniseAsync(_store.Auth, token)).Caller!.User);

        _store.Ok(new ReplaceTokenKey(1, new byte[] { 7 }, 1));
        var next = tokens.Issue(_store.Auth, "new");
        Assert.True((await tokens.RecogniseAsync(behind, next)).IsAhead);
    }

    [Fact]
    public async Task A_key_is_good_until_the_second_next()
    {
        using var tokens = Signed();
        var token = tokens.Issue(_store.Auth, "alice");
        _store.Ok(new ReplaceTokenKey(1, new byte[] { 7 }, 1));
        Assert.NotNull((await tokens.RecogniseAsync(_store.Auth, token)).Caller);
        _store.Ok(new ReplaceTokenKey(2, new byte[] { 8 }, 1));
        await RefusedAsync(tokens, token, AuthRefusal.InvalidToken);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS384")]
    [InlineData("ES256")]
    [InlineData("HS256")]
    public async Task A_json_web_token_names_its_user_until_rights_change_or_time_runs_out(string method)
    {
        var option = AuthTokenOption.Parse($"jwt,sign-method={method},priv-key={PrivateKey(method)},ttl=5m");
        using var first = new JwtTokens(option, _time);
        using var second = new JwtTokens(option, _time);
        var token = first.Issue(_store.Auth, "alice");
        Assert.Equal(new Caller("alice", _store.Auth.Revision), (await second.RecogniseAsync(_store.Auth, token)).Caller);
        await RefusedAsync(second, token + "x", AuthRefusal.InvalidToken);

        var behind = _store.Auth;
        _store.Ok(new AddRole("any"));
        await RefusedAsync(second, token, AuthRefusal.OldRevision);
        var newer = first.Issue(_store.Auth, "alice");
        Assert.True((await second.RecogniseAsync(behind, newer)).IsAhead);
        _time.Advance(Ttl + TimeSpan.FromSeconds(1));
        await RefusedAsync(second, newer, AuthRefusal.InvalidToken);
    }

    [Fact]
    public async Task The_public_key_recognises_and_does_not_issue()
    {
        using var rsa = RSA.Create(2048);
        var (whole, half) = (File("rsa.pem", rsa.ExportPkcs8PrivateKeyPem()), File("rsa.pub", rsa.ExportSubjectPublicKeyInfoPem()));
        using var issuer = new JwtTokens(AuthTokenOption.Parse($"jwt,sign-method=RS256,priv-key={whole}"), _time);
        using var checker = new JwtTokens(AuthTokenOption.Parse($"jwt,sign-method=RS256,pub-key={half}"), _time);
        Assert.False(checker.CanIssue);
        Assert.NotNull((await checker.RecogniseAsync(_store.Auth, issuer.Issue(_store.Auth, "alice"))).Caller);
        using var other = new JwtTokens(AuthTokenOption.Parse($"jwt,sign-method=RS256,priv-key={PrivateKey("RS256")}"), _time);
        await RefusedAsync(checker, other.Issue(_store.Auth, "alice"), AuthRefusal.InvalidToken);

        // The public key as a shared secret: the classic confusion of methods.
        using var confused = new JwtTokens(AuthTokenOption.Parse($"jwt,sign-method=HS256,priv-key={half}"), _time);
        await RefusedAsync(checker, confused.Issue(_store.Auth, "root"), AuthRefusal.InvalidToken);
    }

    [Theory]
    [InlineData("other", "'other' is no kind of token")]
    [InlineData("jwt", "jwt needs sign-method=")]
    [InlineData("jwt,sign-method=none,priv-key=x", "'none' is no sign-method")]
    [InlineData("jwt,sign-method=RS256", "jwt needs priv-key=FILE to sign")]
    [InlineData("jwt,sign-method=RS256,priv-key=x,ttl=5", "'5' is no time to live")]
    [InlineData("jwt,sign-method=RS256,priv-key=x,foo=1", "'foo=1' is not known")]
    public void A_wrong_option_says_what_and_what_else(string text, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<AuthTokenOptionException>(() => AuthTokenOption.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("RS256", "missing.pem", null, "the file of priv-key=")]
    [InlineData("RS256", "bad.pem", "nonsense", "the file of priv-key=")]
    [InlineData("HS512", "short", "secret", "needs 64 or more")]
    public void A_wrong_key_is_named(string method, string name, string? content, string expected)
    {
        var path = Path.Combine(_folder, name);
        if (content is not null)
            File(name, content);
        var error = Assert.Throws<AuthTokenOptionException>(() => new JwtTokens(AuthTokenOption.Parse($"jwt,sign-method={method},priv-key={path}"), _time));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SignedTokens Signed() => new(1, Ttl, _time);

    private async Task RefusedAsync(TokenIssuer tokens, string token, AuthRefusal refusal)
    {
        var verdict = await tokens.RecogniseAsync(_store.Auth, token);
        Assert.Equal((null, refusal, false), (verdict.Caller, verdict.Refusal, verdict.IsAhead));
    }

    private string PrivateKey(string method)
    {
        if (method.StartsWith("HS", StringComparison.Ordinal))
            return File("secret", new string('s', 64));
        using AsymmetricAlgorithm key = method.StartsWith("ES", StringComparison.Ordinal) ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        return File("key.pem", key.ExportPkcs8PrivateKeyPem());
    }

    private string File(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }
}
