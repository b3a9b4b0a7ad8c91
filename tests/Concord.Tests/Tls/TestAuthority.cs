using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Concord.Tests.Tls;

/// <summary>An authority that issues certificates into files of a folder of its own.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly TestAuthority? _parent;

    public TestAuthority(string name = "authority", TestAuthority? parent = null)
    {
        _parent = parent;
        Folder = Directory.CreateTempSubdirectory("concord-test-").FullName;
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var from = DateTimeOffset.UtcNow.AddDays(-30);
        _certificate = parent is null
            ? request.CreateSelfSigned(from, from.AddYears(1))
            : parent.Sign(request, from, from.AddDays(200)).CopyWithPrivateKey(_key);
        File = Path.Combine(Folder, "ca.pem");
        System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
    }

    public string Folder { get; }

    /// <summary>The authority's own certificate.</summary>
    public string File { get; }

    /// <summary>Issues a certificate for 127.0.0.1 and localhost.</summary>
    /// <param name="days">From now; negative: it has expired.</param>
    public IssuedCertificate Issue(string name, string? host = null, int days = 90)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName(host ?? "localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = Sign(request, DateTimeOffset.UtcNow.AddDays(-20), DateTimeOffset.UtcNow.AddDays(days));
        var path = Path.Combine(Folder, Path.GetRandomFileName());
        var issued = new IssuedCertificate(path + ".crt", path + ".key", certificate.SerialNumberBytes.ToArray());
        var chain = certificate.ExportCertificatePem() + "\n" + (_parent is null ? "" : _certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(issued.File, chain);
        System.IO.File.WriteAllText(issued.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return issued;
    }

    /// <summary>A list that takes certificates back; DER.</summary>
    public byte[] Revoke(params IssuedCertificate[] certificates)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates)
        {
            list.AddEntry(certificate.Serial);
        }

        return list.Build(_certificate, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset until) =>
        request.Create(_certificate, from, until, RandomNumberGenerator.GetBytes(8));
}
