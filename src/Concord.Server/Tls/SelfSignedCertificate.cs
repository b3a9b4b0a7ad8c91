using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Concord.Server.Tls;

/// <summary>
/// The certificate of <c>--auto-tls</c>, kept with the data so that clients that have taken it for good meet it again after a restart.
/// It is made anew when it is gone, about to expire, or not for all hosts.
/// </summary>
/// <param name="directory">Where certificate and key are, or will be.</param>
/// <param name="name">What their files are called.</param>
/// <param name="urls">Where this server is reached.</param>
internal sealed class SelfSignedCertificate(string directory, string name, IEnumerable<Uri> urls, int years, TlsLog log, TimeProvider time)
{
    private const int SerialBytes = 16;

    /// <summary>For clocks that are behind.</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    private readonly string[] _hosts = Hosts(urls);

    public string CertificateFile { get; } = Path.Combine(directory, name + ".crt");

    public string KeyFile { get; } = Path.Combine(directory, name + ".key");

    /// <summary>Makes the files unless they are there and good for a while yet.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Ensure()
    {
        if (!IsGood())
        {
            Directory.CreateDirectory(directory);
            Make();
            log.Made(CertificateFile);
        }
    }

    private static string[] Hosts(IEnumerable<Uri> urls)
    {
        var named = urls.Select(url => url.DnsSafeHost).Where(host => host is not ("0.0.0.0" or "::"));
        return [.. named.Concat(["localhost", "127.0.0.1", "::1", Dns.GetHostName()]).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private bool IsGood()
    {
        if (!File.Exists(CertificateFile) || !File.Exists(KeyFile))
        {
            return false;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
            var rest = certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
            return rest > (certificate.NotAfter - certificate.NotBefore) / 10
                && _hosts.All(host => certificate.MatchesHostname(host, allowWildcards: false, allowCommonName: false));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // Half of a pair, after a crash in the middle: a new pair replaces it.
            return false;
        }
    }

    private void Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=Concord, CN=concord-server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in _hosts)
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
        var from = time.GetUtcNow() - Backdating;
        var generator = X509SignatureGenerator.CreateForECDsa(key);
        using var certificate = request.Create(request.SubjectName, generator, from, from.AddYears(years), RandomNumberGenerator.GetBytes(SerialBytes));
        Write(KeyFile, key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(CertificateFile, certificate.ExportCertificatePem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
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
