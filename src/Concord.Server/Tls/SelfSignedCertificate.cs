using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Concord.Server.Cluster;

namespace Concord.Server.Tls;

/// <summary>
/// The certificate of <c>--auto-tls</c>, kept with the data so that clients that have taken it for good meet it again after a restart.
/// It is made anew when it is gone, about to expire, or not for all hosts.
/// </summary>
internal static class SelfSignedCertificate
{
    private const int SerialBytes = 16;

    /// <summary>For clocks that are behind.</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    /// <param name="directory">Where certificate and key are, or will be.</param>
    /// <param name="name">What their files are called.</param>
    /// <param name="urls">Where this server is reached.</param>
    /// <returns>The settings, with these files.</returns>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static TlsOptions Ensure(TlsOptions options, string directory, string name, IEnumerable<Uri> urls, int years, ILogger logger)
    {
        var certificateFile = Path.Combine(directory, name + ".crt");
        var keyFile = Path.Combine(directory, name + ".key");
        var hosts = Hosts(urls);
        if (!IsGood(certificateFile, keyFile, hosts))
        {
            Directory.CreateDirectory(directory);
            Make(certificateFile, keyFile, hosts, years);
            new TlsLog(logger).Made(certificateFile);
        }

        return options with { CertFile = certificateFile, KeyFile = keyFile };
    }

    private static string[] Hosts(IEnumerable<Uri> urls)
    {
        var named = urls.Select(url => url.DnsSafeHost).Where(host => host is not ("0.0.0.0" or "::"));
        return [.. named.Concat(["localhost", "127.0.0.1", "::1", Dns.GetHostName()]).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private static bool IsGood(string certificateFile, string keyFile, string[] hosts)
    {
        if (!File.Exists(certificateFile) || !File.Exists(keyFile))
        {
            return false;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var rest = certificate.NotAfter - DateTime.Now;
            return rest > (certificate.NotAfter - certificate.NotBefore) / 10
                && hosts.All(host => certificate.MatchesHostname(host, allowWildcards: false, allowCommonName: false));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // Half of a pair, after a crash in the middle: a new pair replaces it.
            return false;
        }
    }

    private static void Make(string certificateFile, string keyFile, string[] hosts, int years)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=Concord, CN=concord-server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], critical: false));
        var from = DateTimeOffset.UtcNow - Backdating;
        var generator = X509SignatureGenerator.CreateForECDsa(key);
        using var certificate = request.Create(request.SubjectName, generator, from, from.AddYears(years), RandomNumberGenerator.GetBytes(SerialBytes));
        Write(keyFile, key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(certificateFile, certificate.ExportCertificatePem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void Write(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        var temporary = path + ".new";
        File.Delete(temporary);
        using (var writer = new StreamWriter(temporary, options))
        {
            writer.Write(text);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
