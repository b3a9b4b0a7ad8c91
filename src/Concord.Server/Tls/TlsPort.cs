using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Concord.Server.Cluster;

namespace Concord.Server.Tls;

/// <summary>
/// TLS of one kind of port, as settings for each handshake: what is shown, who is let in. Each handshake uses the files as they
/// are then; connections that exist are not touched.
/// </summary>
internal sealed class TlsPort
{
    /// <summary>Those of TLS 1.3 are always allowed, as with etcd: a list for 1.2 shall not switch 1.3 off.</summary>
    private static readonly TlsCipherSuite[] Suites13 =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
    ];

    private readonly TlsFiles _files;
    private readonly TlsOptions _options;
    private readonly TlsLog _log;
    private readonly SslProtocols _protocols;
    private readonly CipherSuitesPolicy? _suites;

    /// <param name="options">With files, also where the server makes its certificate itself.</param>
    /// <param name="own">Where the server makes its certificate itself.</param>
    /// <param name="server">Versions and cipher suites are the same for all ports.</param>
    /// <exception cref="TlsFilesException">A file cannot be read or does not hold what it must.</exception>
    public TlsPort(TlsOptions options, TlsFlagNames names, ServerOptions server, ILogger logger, SelfSignedCertificate? own = null, TimeProvider? time = null)
    {
        _log = new(logger);
        _options = options;
        _files = new(options, names, _log, own, time ?? TimeProvider.System);
        _protocols = (server.TlsMinVersion <= 2 ? SslProtocols.Tls12 : 0) | (server.TlsMaxVersion >= 3 ? SslProtocols.Tls13 : 0);
        if (server.CipherSuites.Count > 0 && OperatingSystem.IsLinux())
        {
            _suites = new(server.CipherSuites.Concat(Suites13));
        }
    }

    /// <summary>For the side that is connected to.</summary>
    /// <param name="address">Who connects, for the log.</param>
    public SslServerAuthenticationOptions ForAccept(string address)
    {
        var material = _files.Current;
        return new()
        {
            ServerCertificateContext = material.Certificate,
            EnabledSslProtocols = _protocols,
            CipherSuitesPolicy = _suites,
            ClientCertificateRequired = _options.DemandsCertificate,

            // A resumed session does not show the intermediate certificates again.
            AllowTlsResume = !_options.DemandsCertificate,
            CertificateChainPolicy = Policy(material),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                !_options.DemandsCertificate || IsWelcome(material, address, certificate as X509Certificate2, chain, errors),
        };
    }

    /// <summary>For the side that connects.</summary>
    public SslClientAuthenticationOptions ForConnect(string host)
    {
        var material = _files.Current;
        return new()
        {
            TargetHost = host,
            ClientCertificateContext = material.Certificate,
            EnabledSslProtocols = _protocols,
            CipherSuitesPolicy = _suites,
            CertificateChainPolicy = Policy(material),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                _options.AutoTls || IsWelcome(material, host, certificate as X509Certificate2, chain, errors),
        };
    }

    private static X509ChainPolicy? Policy(TlsMaterial material)
    {
        if (material.Authorities is null)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(material.Authorities);
        return policy;
    }

    private bool IsWelcome(TlsMaterial material, string address, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (Objection(material, certificate, chain, errors) is not { } reason)
        {
            return true;
        }

        _log.Refused(address, certificate?.Subject ?? "none", reason);
        return false;
    }

    /// <summary>Why a certificate is not accepted, or null.</summary>
    private string? Objection(TlsMaterial material, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return "a certificate is demanded";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var reasons = (chain?.ChainStatus ?? []).Select(status => status.StatusInformation.Trim()).Where(text => text.Length > 0).Distinct();
            return $"it is not to be trusted: {string.Join("; ", reasons)}";
        }

        if (errors != SslPolicyErrors.None)
        {
            return "it is for another host";
        }

        if (material.Revoked is { } revoked && (chain?.ChainElements.Select(element => element.Certificate) ?? [certificate]).FirstOrDefault(revoked.Contains) is { } bad)
        {
            return $"{bad.Subject} is revoked";
        }

        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (_options.AllowedNames.Count > 0 && !_options.AllowedNames.Contains(name, StringComparer.Ordinal))
        {
            return $"its common name is not {string.Join(" or ", _options.AllowedNames)}";
        }

        return _options.AllowedHostnames.Count > 0 && !_options.AllowedHostnames.Any(host => certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false))
            ? $"it is not for {string.Join(" or ", _options.AllowedHostnames)}"
            : null;
    }
}
