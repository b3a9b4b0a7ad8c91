using Concord.Server.Cluster;

namespace Concord.Server.Tls;

/// <summary>The two kinds of ports, as the settings of a server want them; null: clear text only.</summary>
internal static class ServerTls
{
    private const string Directory = "tls";

    /// <exception cref="TlsFilesException">A file cannot be read or does not hold what it must.</exception>
    public static TlsPort? ForClients(ServerOptions options, ILoggerFactory logging) =>
        Create(options, options.ClientTls, TlsFlagNames.Clients, "client", options.ListenClientUrls.Concat(options.AdvertiseClientUrls), logging);

    /// <exception cref="TlsFilesException">A file cannot be read or does not hold what it must.</exception>
    public static TlsPort? ForPeers(ServerOptions options, ILoggerFactory logging) =>
        Create(options, options.PeerTls, TlsFlagNames.Peers, "peer", options.ListenPeerUrls.Concat(options.InitialAdvertisePeerUrls), logging);

    private static TlsPort? Create(
        ServerOptions options, TlsOptions tls, TlsFlagNames names, string kind, IEnumerable<Uri> urls, ILoggerFactory logging)
    {
        var logger = logging.CreateLogger<TlsPort>();
        SelfSignedCertificate? own = null;
        if (tls.AutoTls)
        {
            var directory = Path.Combine(options.DataDir, Directory);
            try
            {
                own = new(directory, kind, urls, options.SelfSignedCertValidity, new TlsLog(logger), TimeProvider.System);
                own.Ensure();
                tls = tls with { CertFile = own.CertificateFile, KeyFile = own.KeyFile };
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new TlsFilesException(names.AutoTls, directory, error.Message);
            }
        }

        return tls.IsOn ? new(tls, names, options, logger, own) : null;
    }
}
