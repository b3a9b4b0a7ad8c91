using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.IdentityModel.Tokens;

namespace Concord.Server.Auth;

/// <summary>Reads the keys of <c>--auth-token jwt,…</c>: PEM files, for HS methods a file with the secret itself.</summary>
internal static class JwtKeys
{
    /// <summary>RFC 7518 section 3.2: the secret is at least as long as the hash.</summary>
    private static int SecretBytesMin(string method) => int.Parse(method[2..], System.Globalization.CultureInfo.InvariantCulture) / 8;

    /// <exception cref="AuthTokenOptionException">A file cannot be read, or is no key for the method.</exception>
    public static (SecurityKey Key, bool CanSign, IDisposable? Owned) Load(AuthTokenOption option) => option.SignMethod[..2] switch
    {
        "HS" => (Secret(option), true, null),
        "ES" => EllipticCurve(option),
        _ => Rsa(option),
    };

    private static SymmetricSecurityKey Secret(AuthTokenOption option)
    {
        var (path, name) = option.PrivateKeyFile.Length > 0 ? (option.PrivateKeyFile, "priv-key") : (option.PublicKeyFile, "pub-key");
        var bytes = Try(path, name, File.ReadAllBytes);
        return bytes.Length >= SecretBytesMin(option.SignMethod) ? new(bytes)
            : throw new AuthTokenOptionException($"the secret in {name}={path} has {bytes.Length} bytes; {option.SignMethod} needs {SecretBytesMin(option.SignMethod)} or more");
    }

    private static (SecurityKey, bool, IDisposable?) Rsa(AuthTokenOption option)
    {
        var (path, name, canSign) = Choose(option);
        var rsa = RSA.Create();
        Try(path, name, file => Import(rsa, File.ReadAllText(file), static certificate => certificate.GetRSAPublicKey()));
        return (new RsaSecurityKey(rsa), canSign, rsa);
    }

    private static (SecurityKey, bool, IDisposable?) EllipticCurve(AuthTokenOption option)
    {
        var (path, name, canSign) = Choose(option);
        var curve = ECDsa.Create();
        Try(path, name, file => Import(curve, File.ReadAllText(file), static certificate => certificate.GetECDsaPublicKey()));
        var bits = option.SignMethod switch { "ES256" => 256, "ES384" => 384, _ => 521 };
        return curve.KeySize == bits ? (new ECDsaSecurityKey(curve), canSign, curve)
            : throw new AuthTokenOptionException($"the key in {name}={path} has {curve.KeySize} bits; {option.SignMethod} needs a curve of {bits}");
    }

    /// <summary>The private key holds the public one.</summary>
    private static (string Path, string Name, bool CanSign) Choose(AuthTokenOption option) =>
        option.PrivateKeyFile.Length > 0 ? (option.PrivateKeyFile, "priv-key", true) : (option.PublicKeyFile, "pub-key", false);

    private static bool Import(AsymmetricAlgorithm key, string pem, Func<X509Certificate2, AsymmetricAlgorithm?> publicKey)
    {
        if (!pem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal))
        {
            key.ImportFromPem(pem);
            return true;
        }

        using var certificate = X509Certificate2.CreateFromPem(pem);
        using var inside = publicKey(certificate) ?? throw new CryptographicException("the certificate has a key of another kind");
        key.ImportSubjectPublicKeyInfo(inside.ExportSubjectPublicKeyInfo(), out _);
        return true;
    }

    private static T Try<T>(string path, string name, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new AuthTokenOptionException($"the file of {name}={path} cannot be used: {error.Message}", error);
        }
    }
}
