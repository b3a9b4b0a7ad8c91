namespace Concord.Server.Cluster;

/// <summary>The rules between the settings of TLS, for clients and for members.</summary>
internal static class TlsCheck
{
    public static IEnumerable<OptionProblem> Check(ServerOptions options) =>
    [
        .. CheckFiles(options.ClientTls, TlsFlagNames.Clients),
        .. CheckFiles(options.PeerTls, TlsFlagNames.Peers),
        .. CheckClientUrls(options),
        .. CheckPeerUrls(options),
        .. CheckCommon(options),
    ];

    private static IEnumerable<OptionProblem> CheckFiles(TlsOptions tls, TlsFlagNames names)
    {
        var hasCertificate = tls.CertFile.Length > 0;
        if (hasCertificate != tls.KeyFile.Length > 0)
        {
            yield return hasCertificate
                ? new(names.KeyFile, $"is missing; {names.CertFile} needs the key of the certificate")
                : new(names.CertFile, $"is missing; {names.KeyFile} is the key of a certificate");
        }

        var demands = tls.DemandsCertificate || tls.CrlFile.Length > 0 || tls.AllowedNames.Count > 0 || tls.AllowedHostnames.Count > 0;
        if (tls.AutoTls && (hasCertificate || demands))
        {
            yield return new(names.AutoTls, $"makes a certificate that nobody can check; leave it out and set {names.CertFile} and {names.KeyFile}, or leave the other settings of TLS out");
        }
        else if (!hasCertificate && tls.KeyFile.Length == 0 && demands)
        {
            yield return new(names.CertFile, "is missing; the other settings of TLS have a meaning with a certificate of this server only");
        }

        if (tls.TrustedCaFile.Length == 0 && !tls.AutoTls && demands)
        {
            yield return new(names.TrustedCaFile, "is missing; to demand certificates, name the authority that they come from");
        }

        foreach (var (flag, file) in new[] { (names.CertFile, tls.CertFile), (names.KeyFile, tls.KeyFile), (names.TrustedCaFile, tls.TrustedCaFile), (names.CrlFile, tls.CrlFile) })
        {
            if (file.Length > 0 && !File.Exists(file))
            {
                yield return new(flag, $"'{file}' does not exist; name a file with PEM text");
            }
        }
    }

    private static IEnumerable<OptionProblem> CheckClientUrls(ServerOptions options)
    {
        var secure = options.ListenClientUrls.FirstOrDefault(url => url.Scheme == "https");
        if (secure is not null && !options.ClientTls.IsOn)
        {
            yield return new("--listen-client-urls", $"has {FlagValue.Show(secure)}, which needs a certificate; set --cert-file and --key-file, or --auto-tls, or write http");
        }

        if (secure is null && options.ClientTls.IsOn)
        {
            var flag = options.ClientTls.AutoTls ? "--auto-tls" : "--cert-file";
            yield return new("--listen-client-urls", $"has no https:// address, so {flag} would have no effect; write https, or leave {flag} out");
        }
    }

    private static IEnumerable<OptionProblem> CheckPeerUrls(ServerOptions options)
    {
        var isSecure = options.PeerTls.IsOn;
        var flag = options.PeerTls.AutoTls ? "--peer-auto-tls" : "--peer-cert-file";
        var urls = options.InitialCluster.SelectMany(member => member.PeerUrls).Concat(options.HasPeerPort ? options.ListenPeerUrls : []);
        if (urls.FirstOrDefault(url => url.Scheme != (isSecure ? "https" : "http")) is { } other)
        {
            yield return isSecure
                ? new(flag, $"is set, so the members speak TLS, but {FlagValue.Show(other)} is not https; write https in all peer addresses")
                : new(flag, $"is missing, but {FlagValue.Show(other)} is https; set certificate and key, or write http");
        }
    }

    private static IEnumerable<OptionProblem> CheckCommon(ServerOptions options)
    {
        if (options.TlsMaxVersion < options.TlsMinVersion)
        {
            yield return new("--tls-max-version", $"is {TlsFlags.ShowVersion(options.TlsMaxVersion)}, older than --tls-min-version; leave one of them out");
        }

        if (options.CipherSuites.Count > 0 && options.TlsMinVersion == 3)
        {
            yield return new("--cipher-suites", "are those of TLS 1.2, which --tls-min-version excludes; leave one of them out");
        }

        if (options.CipherSuites.Count > 0 && !OperatingSystem.IsLinux())
        {
            yield return new("--cipher-suites", "are the system's business here; leave it out");
        }
    }
}
