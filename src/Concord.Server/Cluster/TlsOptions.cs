namespace Concord.Server.Cluster;

/// <summary>TLS of one kind of port: that of clients or that of members. All files are PEM and may be replaced while the server runs.</summary>
public sealed record TlsOptions
{
    /// <summary>The certificate that is shown, followed by the intermediate ones if there are any; empty: no TLS, unless <see cref="AutoTls"/>.</summary>
    public string CertFile { get; init; } = "";

    public string KeyFile { get; init; } = "";

    /// <summary>The authorities that the others' certificates must come from. Whoever connects must then show one, as with etcd.</summary>
    public string TrustedCaFile { get; init; } = "";

    /// <summary>Certificates that their authorities took back; PEM or DER.</summary>
    public string CrlFile { get; init; } = "";

    /// <summary>Whoever connects must show a certificate. A client's common name is its user, where a request names none.</summary>
    public bool ClientCertAuth { get; init; }

    /// <summary>The others' certificates must have one of these common names; empty: any.</summary>
    public IReadOnlyList<string> AllowedNames { get; init; } = [];

    /// <summary>The others' certificates must be for one of these hosts; empty: any.</summary>
    public IReadOnlyList<string> AllowedHostnames { get; init; } = [];

    /// <summary>A certificate that the server makes itself: it encrypts, and proves nothing.</summary>
    public bool AutoTls { get; init; }

    public bool IsOn => CertFile.Length > 0 || AutoTls;

    public bool DemandsCertificate => ClientCertAuth || TrustedCaFile.Length > 0;
}
