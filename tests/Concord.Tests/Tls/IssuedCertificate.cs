using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Concord.Tests.Tls;

/// <summary>A certificate and its key in PEM files.</summary>
internal sealed record IssuedCertificate(string File, string KeyFile, byte[] Serial)
{
    public string SerialText => Convert.ToHexString(Serial);

    /// <summary>With the intermediate certificates that the file holds.</summary>
    public SslStreamCertificateContext Load()
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(File);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(File, KeyFile), chain, offline: true);
    }

    /// <summary>Puts another certificate into these files.</summary>
    public void ReplaceBy(IssuedCertificate other)
    {
        System.IO.File.Copy(other.File, File, overwrite: true);
        System.IO.File.Copy(other.KeyFile, KeyFile, overwrite: true);
    }
}
