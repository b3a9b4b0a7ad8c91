using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Concord.Server.Peers;

/// <summary>
/// TLS between members: each shows its certificate, and with <c>--peer-client-cert-auth</c> demands the other's. Certificates
/// are PEM files read at start.
/// </summary>
internal sealed class PeerTls : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection? _authorities;
    private readonly bool _isMutual;
    private readonly string? _allowedName;
    private readonly SslStreamCertificateContext _context;

    private PeerTls(X509Certificate2 certificate, X509Certificate2Collection? authorities, bool isMutual, string? allowedName)
    {
        _certificate = certificate;
        _authorities = authorities;
        _isMutual = isMutual;
        _allowedName = allowedName;
        _context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <param name="authorityFile">Empty: the system's authorities.</param>
    /// <param name="isMutual">Whoever connects must show a certificate of the authorities.</param>
    /// <param name="allowedName">The common name that the other's certificate must have; empty: any.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file is no PEM certificate or key, or they do not belong together.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static PeerTls Load(string certificateFile, string keyFile, string authorityFile, bool isMutual, string allowedName)
    {
        var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        X509Certificate2Collection? authorities = null;
        if (authorityFile.Length > 0)
        {
            authorities = [];
            authorities.ImportFromPemFile(authorityFile);
        }

        return new(certificate, authorities, isMutual, allowedName.Length > 0 ? allowedName : null);
    }

    /// <summary>The side that connects. Blocks; the stream's timeouts apply.</summary>
    /// <exception cref="AuthenticationException">The other's certificate is not to be trusted.</exception>
    public Stream Connect(Stream stream, string host)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            secure.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = host,
                ClientCertificateContext = _context,
                CertificateChainPolicy = Policy(),
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => errors == SslPolicyErrors.None && HasAllowedName(certificate),
            });
            return secure;
        }
        catch
        {
            secure.Dispose();
            throw;
        }
    }

    /// <summary>The side that was connected to.</summary>
    /// <exception cref="AuthenticationException">The other's certificate is missing or not to be trusted.</exception>
    public Stream Accept(Stream stream)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            secure.AuthenticateAsServer(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = _context,
                ClientCertificateRequired = _isMutual,
                CertificateChainPolicy = Policy(),
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => !_isMutual || (errors == SslPolicyErrors.None && HasAllowedName(certificate)),
            });
            return secure;
        }
        catch
        {
            secure.Dispose();
            throw;
        }
    }

    public void Dispose() => _certificate.Dispose();

    private X509ChainPolicy? Policy()
    {
        if (_authorities is null)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    private bool HasAllowedName(X509Certificate? certificate) =>
        _allowedName is null || (certificate as X509Certificate2)?.GetNameInfo(X509NameType.SimpleName, forIssuer: false) == _allowedName;
}
