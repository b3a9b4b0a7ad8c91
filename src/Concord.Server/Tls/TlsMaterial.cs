using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Concord.Server.Tls;

/// <summary>What the files of one kind of port hold, read and checked.</summary>
/// <param name="Certificate">What is shown, with the intermediate certificates.</param>
/// <param name="Authorities">Whom to trust; null: whom the system trusts.</param>
/// <param name="Revoked">Whom not to trust all the same, or null.</param>
internal sealed record TlsMaterial(SslStreamCertificateContext Certificate, X509Certificate2Collection? Authorities, RevocationList? Revoked)
{
    /// <exception cref="TlsFilesException">A file does not hold what it must.</exception>
    public static TlsMaterial Of(TlsFile certificateFile, TlsFile keyFile, TlsFile? authorityFile, TlsFile? revocationFile)
    {
        var shown = Certificates(certificateFile);
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(Text(certificateFile), Text(keyFile));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new TlsFilesException(keyFile.Flag, keyFile.Path,
                $"holds no key without a password (PEM) that fits the certificate in '{certificateFile.Path}': {error.Message}");
        }

        shown.RemoveAt(0);
        var context = SslStreamCertificateContext.Create(certificate, shown, offline: true);
        return new(context, authorityFile is null ? null : Certificates(authorityFile), revocationFile is null ? null : Revocations(revocationFile));
    }

    private static X509Certificate2Collection Certificates(TlsFile file)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(Text(file));
        }
        catch (CryptographicException error)
        {
            throw new TlsFilesException(file.Flag, file.Path, $"holds a certificate that cannot be read: {error.Message}");
        }

        return certificates.Count > 0 ? certificates : throw new TlsFilesException(file.Flag, file.Path, "holds no certificate (PEM)");
    }

    private static RevocationList Revocations(TlsFile file)
    {
        try
        {
            return RevocationList.Parse(file.Content);
        }
        catch (CryptographicException error)
        {
            throw new TlsFilesException(file.Flag, file.Path, error.Message);
        }
    }

    private static string Text(TlsFile file) => Encoding.UTF8.GetString(file.Content);
}
