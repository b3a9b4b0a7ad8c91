using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Concord.Client.Connection;

/// <summary>
/// Secures new connections with the files that the options name, as they are then. The HTTP handler's own settings are read
/// once per endpoint, so a certificate that is renewed every few hours would end a client's life.
/// </summary>
internal sealed class ClientTls(ConcordTlsOptions options)
{
    /// <exception cref="AuthenticationException">The server is not to be trusted, or a file cannot be used; the message names it.</exception>
    public async ValueTask<Stream> SecureAsync(Stream stream, string host, CancellationToken stop)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(HandshakeOptions(host), stop).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions HandshakeOptions(string host)
    {
        var handshake = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        };
        if (options.CertificateFile is { } file && options.KeyFile is { } keyFile)
        {
            // The chain first: it says whether the file holds a certificate at all.
            var chain = Read(file, nameof(options.CertificateFile));
            var certificate = ReadPair(file, keyFile);
            chain.RemoveAt(0);
            handshake.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }

        if (options.CaFile is { } authorities)
        {
            handshake.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handshake.CertificateChainPolicy.CustomTrustStore.AddRange(Read(authorities, nameof(options.CaFile)));
        }
        else if (options.SkipVerification)
        {
            handshake.RemoteCertificateValidationCallback = (_, _, _, _) => options.SkipVerification;
        }

        return handshake;
    }

    private static X509Certificate2Collection Read(string file, string option)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new AuthenticationException($"{option} '{file}' cannot be used: {error.Message}");
        }

        return certificates.Count > 0 ? certificates : throw new AuthenticationException($"{option} '{file}' holds no certificate (PEM)");
    }

    private static X509Certificate2 ReadPair(string file, string keyFile)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(file, keyFile);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new AuthenticationException($"KeyFile '{keyFile}' holds no key without a password that fits the certificate in '{file}': {error.Message}");
        }
    }
}
