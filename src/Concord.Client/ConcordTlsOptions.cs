namespace Concord.Client;

/// <summary>
/// How a client knows its servers, and they it, where an endpoint is https. The files are PEM text and are read for every
/// connection, so they may be replaced at any time. Without any of this the system's authorities are trusted.
/// </summary>
public sealed record ConcordTlsOptions
{
    /// <summary>The environment variable that the tool and the configuration source read <see cref="CaFile"/> from.</summary>
    public const string CaFileVariable = "CONCORD_CACERT";

    /// <inheritdoc cref="CaFileVariable"/>
    public const string CertificateFileVariable = "CONCORD_CERT";

    /// <inheritdoc cref="CaFileVariable"/>
    public const string KeyFileVariable = "CONCORD_KEY";

    /// <inheritdoc cref="CaFileVariable"/>
    public const string SkipVerificationVariable = "CONCORD_INSECURE_SKIP_TLS_VERIFY";

    /// <summary>The authorities that the servers' certificates must come from; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The certificate to show, followed by the intermediate ones if there are any; null: none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of that certificate, without a password.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Take whoever answers for the server. For servers that make their certificates themselves, on a network that is trusted.</summary>
    public bool SkipVerification { get; init; }

    internal bool IsSet => CaFile is not null || CertificateFile is not null || KeyFile is not null || SkipVerification;

    internal IEnumerable<string> Faults()
    {
        if (CertificateFile is null != KeyFile is null)
        {
            yield return CertificateFile is null
                ? $"{nameof(KeyFile)} is set without {nameof(CertificateFile)}: set both."
                : $"{nameof(CertificateFile)} is set without {nameof(KeyFile)}: set both.";
        }

        if (CaFile is not null && SkipVerification)
            yield return $"{nameof(SkipVerification)} makes {nameof(CaFile)} useless: set one of them.";
        foreach (var (name, file) in new[] { (nameof(CaFile), CaFile), (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile) })
        {
            if (file is not null && !File.Exists(file))
                yield return $"{name} '{file}' does not exist: name a file with PEM text.";
        }
    }
}
