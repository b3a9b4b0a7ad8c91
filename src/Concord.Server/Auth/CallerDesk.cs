using System.Security.Cryptography.X509Certificates;
using System.Text;
using Concord.Mvcc.Auth;
using Concord.Server.Replica;

namespace Concord.Server.Auth;

/// <summary>Finds out who makes a request: by a token, by name and password, or by the certificate of the connection.</summary>
/// <param name="trustsCertificates">The connection's certificate was checked, and its common name is a user (--client-cert-auth).</param>
internal sealed class CallerDesk(LocalReplica replica, TokenIssuer tokens, PasswordDesk passwords, bool trustsCertificates)
{
    /// <summary>As etcd's clients send it; it may also come as <c>authorization</c>, with or without "Bearer".</summary>
    private const string TokenHeader = "token";

    /// <summary>No token or pair of name and password is longer; what is cannot be good and is not looked at.</summary>
    private const int CredentialsCharactersMax = 8 * 1024;

    /// <summary>The caller, or why there is none. Asked only while access is checked.</summary>
    public ValueTask<(Caller? Caller, AuthRefusal Refusal)> IdentifyAsync(HttpContext http)
    {
        var headers = http.Request.Headers;
        var text = headers.TryGetValue(TokenHeader, out var token) ? token.ToString()
            : headers.TryGetValue("authorization", out var authorization) ? authorization.ToString()
            : "";
        if (text.Length > CredentialsCharactersMax)
        {
            return new((null, AuthRefusal.InvalidToken));
        }

        if (text.Length > 0)
        {
            return text.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) ? ByPasswordAsync(text["Basic ".Length..], http.RequestAborted)
                : text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? ByTokenAsync(text["Bearer ".Length..].Trim(), http.RequestAborted)
                : ByTokenAsync(text, http.RequestAborted);
        }

        // A name that is no user is refused like one without rights, when the rights are looked at.
        return new(trustsCertificates && http.Connection.ClientCertificate is { } certificate && CommonName(certificate) is { Length: > 0 } name
            ? (new Caller(name, replica.View.Auth.Revision), default)
            : (null, AuthRefusal.UserEmpty));
    }

    /// <summary>Signs a user in. The state is one that holds every change acknowledged before.</summary>
    /// <exception cref="PasswordDeskFullException">Too many wait already.</exception>
    /// <exception cref="ReplicaException">No leader, stopped or timed out.</exception>
    public async ValueTask<(AuthState State, bool IsGood)> CheckPasswordAsync(string user, string password, CancellationToken cancellation)
    {
        var view = await replica.ReadAsync(cancellation).ConfigureAwait(false);
        var isGood = view.Auth.IsEnabled && await passwords.VerifyAsync(view.Auth.User(user), password).ConfigureAwait(false);
        return (view.Auth, isGood);
    }

    private async ValueTask<(Caller?, AuthRefusal)> ByTokenAsync(string token, CancellationToken cancellation)
    {
        var verdict = await tokens.RecogniseAsync(replica.View.Auth, token).ConfigureAwait(false);
        if (!verdict.IsAhead)
        {
            return (verdict.Caller, verdict.Refusal);
        }

        try
        {
            // Issued by a member that has applied more: one read round makes this one catch up.
            var view = await replica.ReadAsync(cancellation).ConfigureAwait(false);
            verdict = await tokens.RecogniseAsync(view.Auth, token).ConfigureAwait(false);
            return (verdict.Caller, verdict.Refusal);
        }
        catch (ReplicaException)
        {
            return (null, AuthRefusal.Unavailable);
        }
    }

    private async ValueTask<(Caller?, AuthRefusal)> ByPasswordAsync(string encoded, CancellationToken cancellation)
    {
        string pair;
        try
        {
            pair = Encoding.UTF8.GetString(Convert.FromBase64String(encoded.Trim()));
        }
        catch (FormatException)
        {
            return (null, AuthRefusal.WrongPassword);
        }

        var (user, password) = pair.IndexOf(':') is >= 0 and var colon ? (pair[..colon], pair[(colon + 1)..]) : (pair, "");
        try
        {
            var (state, isGood) = await CheckPasswordAsync(user, password, cancellation).ConfigureAwait(false);
            return isGood ? (new Caller(user, state.Revision), default) : (null, AuthRefusal.WrongPassword);
        }
        catch (PasswordDeskFullException)
        {
            return (null, AuthRefusal.TooBusy);
        }
        catch (ReplicaException)
        {
            return (null, AuthRefusal.Unavailable);
        }
    }

    private static string CommonName(X509Certificate2 certificate) => certificate.SubjectName.EnumerateRelativeDistinguishedNames()
        .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.3")
        .Select(part => part.GetSingleElementValue() ?? "").FirstOrDefault("");
}
