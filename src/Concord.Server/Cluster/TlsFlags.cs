using System.Globalization;
using System.Net.Security;

namespace Concord.Server.Cluster;

/// <summary>The settings of TLS, by etcd's names.</summary>
internal static class TlsFlags
{
    /// <summary>Longer than any machine runs without being set up anew.</summary>
    private const int ValidityYearsMax = 100;

    public static readonly IReadOnlyList<ServerFlag> Clients =
    [
        new("cert-file", "FILE", "Certificate shown to clients (PEM, with the intermediate ones behind it); for https:// in --listen-client-urls",
            o => o.ClientTls.CertFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { CertFile = v } })),
        new("key-file", "FILE", "Key of that certificate (PEM)",
            o => o.ClientTls.KeyFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { KeyFile = v } })),
        new("trusted-ca-file", "FILE", "Authorities of the clients' certificates (PEM); clients must then show one",
            o => o.ClientTls.TrustedCaFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { TrustedCaFile = v } })),
        new("client-cert-auth", "", "Clients must show a certificate; its common name is their user, where a request names none",
            o => o.ClientTls.ClientCertAuth ? "true" : "false",
            static (ref o, text) => Switch(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { ClientCertAuth = v } })),
        new("client-crl-file", "FILE", "List of revoked client certificates (PEM or DER)",
            o => o.ClientTls.CrlFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { CrlFile = v } })),
        new("client-cert-allowed-hostname", "HOST,…", "Hosts that clients' certificates must be for, one of them",
            o => string.Join(',', o.ClientTls.AllowedHostnames),
            static (ref o, text) => List(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { AllowedHostnames = v } })),
        new("auto-tls", "", "Serve https:// with a certificate that the server makes itself: encrypted, but clients cannot tell who answers",
            o => o.ClientTls.AutoTls ? "true" : "false",
            static (ref o, text) => Switch(text, ref o, static (o, v) => o with { ClientTls = o.ClientTls with { AutoTls = v } })),
    ];

    public static readonly IReadOnlyList<ServerFlag> Peers =
    [
        new("peer-cert-file", "FILE", "Certificate shown to other members (PEM); their addresses are then https",
            o => o.PeerTls.CertFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { CertFile = v } })),
        new("peer-key-file", "FILE", "Key of that certificate (PEM)",
            o => o.PeerTls.KeyFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { KeyFile = v } })),
        new("peer-trusted-ca-file", "FILE", "Authorities that other members' certificates must come from (PEM); the system's if not set",
            o => o.PeerTls.TrustedCaFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { TrustedCaFile = v } })),
        new("peer-client-cert-auth", "", "Whoever connects to the peer port must show a certificate",
            o => o.PeerTls.ClientCertAuth ? "true" : "false",
            static (ref o, text) => Switch(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { ClientCertAuth = v } })),
        new("peer-crl-file", "FILE", "List of revoked certificates of members (PEM or DER)",
            o => o.PeerTls.CrlFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { CrlFile = v } })),
        new("peer-cert-allowed-cn", "NAME,…", "Common names that other members' certificates must have, one of them",
            o => string.Join(',', o.PeerTls.AllowedNames),
            static (ref o, text) => List(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { AllowedNames = v } })),
        new("peer-cert-allowed-hostname", "HOST,…", "Hosts that other members' certificates must be for, one of them",
            o => string.Join(',', o.PeerTls.AllowedHostnames),
            static (ref o, text) => List(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { AllowedHostnames = v } })),
        new("peer-auto-tls", "", "Talk to other members with a certificate that the server makes itself: encrypted, but not told from strangers",
            o => o.PeerTls.AutoTls ? "true" : "false",
            static (ref o, text) => Switch(text, ref o, static (o, v) => o with { PeerTls = o.PeerTls with { AutoTls = v } })),
    ];

    public static readonly IReadOnlyList<ServerFlag> Common =
    [
        new("self-signed-cert-validity", "YEARS", "How long certificates of --auto-tls and --peer-auto-tls are good for",
            o => FlagValue.Show(o.SelfSignedCertValidity),
            static (ref o, text) => FlagValue.Number(text, 1, ValidityYearsMax, ref o, static (o, v) => o with { SelfSignedCertValidity = (int)v })),
        new("cipher-suites", "NAME,…", "Cipher suites of TLS 1.2 that may be used; the system's if not set",
            o => string.Join(',', o.CipherSuites),
            SetCipherSuites),
        new("tls-min-version", "TLS1.2|TLS1.3", "The oldest version of TLS that is spoken",
            o => ShowVersion(o.TlsMinVersion),
            static (ref o, text) => Version(text, ref o, static (o, v) => o with { TlsMinVersion = v })),
        new("tls-max-version", "TLS1.2|TLS1.3", "The newest version of TLS that is spoken",
            o => ShowVersion(o.TlsMaxVersion),
            static (ref o, text) => Version(text, ref o, static (o, v) => o with { TlsMaxVersion = v })),
    ];

    public static string ShowVersion(int minor) => $"TLS1.{minor.ToString(CultureInfo.InvariantCulture)}";

    private static string? Switch(string text, ref ServerOptions options, Func<ServerOptions, bool, ServerOptions> set) =>
        FlagValue.OneOf(text, ["true", "false"], ref options, (o, v) => set(o, v == "true"));

    private static string? List(string text, ref ServerOptions options, Func<ServerOptions, IReadOnlyList<string>, ServerOptions> set)
    {
        var items = Split(text);
        if (items.Length == 0)
        {
            return "is empty; leave it out or give it a value";
        }

        options = set(options, items);
        return null;
    }

    private static string? SetCipherSuites(ref ServerOptions options, string text)
    {
        var suites = new List<TlsCipherSuite>();
        foreach (var name in Split(text))
        {
            // Go, and so etcd, leaves the hash out of these two.
            var full = name.EndsWith("CHACHA20_POLY1305", StringComparison.Ordinal) ? name + "_SHA256" : name;
            if (!full.StartsWith("TLS_", StringComparison.Ordinal) || !Enum.TryParse<TlsCipherSuite>(full, out var suite))
            {
                return $"'{name}' is no cipher suite; use names such as {TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}";
            }

            suites.Add(suite);
        }

        options = options with { CipherSuites = suites };
        return suites.Count > 0 ? null : "is empty; leave it out or give it a value";
    }

    private static string? Version(string text, ref ServerOptions options, Func<ServerOptions, int, ServerOptions> set)
    {
        if (text.ToUpperInvariant() is not ("TLS1.2" or "TLS1.3"))
        {
            return $"'{text}' is not known; use TLS1.2 or TLS1.3 (older versions are broken)";
        }

        options = set(options, text[^1] - '0');
        return null;
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
