using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Tls;

/// <summary>A server with an https address, and clients that trust one authority.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly ConcordServer _server;
    private readonly LoggerFactory _logging;

    private TlsServer(ConcordServer server, LoggerFactory logging, RecordedLog log)
    {
        _server = server;
        _logging = logging;
        Log = log;
    }

    public static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public RecordedLog Log { get; }

    public string DataDirectory => _server.DataDirectory;

    public Uri Url => _server.ClientUrls.Single(url => url.Scheme == "https");

    public ConcordServer Server => _server;

    public static async Task<TlsServer> StartAsync(TlsOptions tls, Func<ServerOptions, ServerOptions>? more = null)
    {
        var log = new RecordedLog();
        var logging = new LoggerFactory([log]);
        var options = new ServerOptions { ListenClientUrls = [new("https://127.0.0.1:0")], ClientTls = tls };
        return new(await ConcordServer.StartAsync(more?.Invoke(options) ?? options, logging, Patience), logging, log);
    }

    /// <summary>A client of HTTP whose connections trust this authority and show this certificate.</summary>
    public HttpClient Client(TestAuthority? trusted, IssuedCertificate? shown = null)
    {
        var options = new SslClientAuthenticationOptions { CertificateChainPolicy = trusted is null ? null : Trust(trusted) };
        if (shown is not null)
        {
            options.ClientCertificateContext = shown.Load();
        }

        return new(new SocketsHttpHandler { SslOptions = options }) { BaseAddress = Url, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    /// <summary>A handshake that trusts everybody; the caller looks at what it was shown.</summary>
    public async Task<SslStream> ShakeHandsAsync(params SslApplicationProtocol[] protocols)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Url.Port, Patience);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols],
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            },
            Patience);
        return stream;
    }

    public async Task<string> SerialShownAsync()
    {
        await using var stream = await ShakeHandsAsync();
        return ((X509Certificate2)stream.RemoteCertificate!).SerialNumber;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _logging.Dispose();
    }

    public static X509ChainPolicy Trust(TestAuthority authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority.File);
        return policy;
    }
}
