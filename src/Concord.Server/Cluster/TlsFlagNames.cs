namespace Concord.Server.Cluster;

/// <summary>What the settings of a kind of port are called, for whoever has to correct them.</summary>
internal sealed record TlsFlagNames(string Prefix, string CrlFile, string Urls)
{
    public static readonly TlsFlagNames Clients = new("--", "--client-crl-file", "--listen-client-urls");

    public static readonly TlsFlagNames Peers = new("--peer-", "--peer-crl-file", "--listen-peer-urls");

    public string CertFile => Prefix + "cert-file";

    public string KeyFile => Prefix + "key-file";

    public string TrustedCaFile => Prefix + "trusted-ca-file";

    public string ClientCertAuth => Prefix + "client-cert-auth";

    public string AutoTls => Prefix + "auto-tls";
}
