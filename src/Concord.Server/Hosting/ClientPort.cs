using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Concord.Server.Hosting.Http2;
using Concord.Server.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Concord.Server.Hosting;

/// <summary>
/// The one port for clients: gRPC (HTTP/2) and HTTP/1.1 on the same address, in clear text or with TLS. A TLS handshake usually
/// settles the protocol. In clear text, and with TLS clients that negotiate nothing, Kestrel would speak HTTP/1.1 only. But an
/// HTTP/2 client that knows what it wants sends the same 24 bytes first (RFC 9113 section 3.4), which are no HTTP/1.1 request.
/// So the first bytes are looked at, not taken, and Kestrel is told what the handshake would have told it.
/// </summary>
internal static class ClientPort
{
    /// <summary>Who connects and says nothing for as long as this is let go; as long as Kestrel keeps an idle connection.</summary>
    private static readonly TimeSpan FirstBytesTimeout = TimeSpan.FromSeconds(130);

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <param name="tls">For an address that is https; else not used.</param>
    public static void Listen(KestrelServerOptions kestrel, Uri url, TlsPort? tls)
    {
        if (url.Host == "localhost")
        {
            kestrel.ListenLocalhost(url.Port, Configure);
        }
        else
        {
            kestrel.Listen(IPAddress.Parse(url.DnsSafeHost), url.Port, Configure);
        }

        void Configure(ListenOptions listen)
        {
            if (url.Scheme == "https")
            {
                var port = tls ?? throw new InvalidOperationException($"{url} has no certificate.");
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = context => new(port.ForAccept(context.Connection.RemoteEndPoint?.ToString() ?? "?")),
                });
            }

            listen.Use(next => connection => ChooseProtocolAsync(next, connection));
        }
    }

    private static async Task ChooseProtocolAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        var negotiated = connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol ?? default;
        bool? isHttp2 = negotiated.Span.SequenceEqual(SslApplicationProtocol.Http2.Protocol.Span);
        if (negotiated.IsEmpty)
        {
            try
            {
                isHttp2 = await BeginsWithPrefaceAsync(connection.Transport.Input, connection.ConnectionClosed);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or ConnectionAbortedException)
            {
                // Gone before it said anything: nothing to answer and nothing to report.
                return;
            }
        }

        if (isHttp2 is null)
        {
            return;
        }

        if (isHttp2.Value)
        {
            var http2 = new KnownHttp2();
            connection.Features.Set<ITlsApplicationProtocolFeature>(http2);
            if (connection.Features.Get<ITlsConnectionFeature>() is null)
            {
                connection.Features.Set<ITlsConnectionFeature>(http2);
            }

            connection.Transport = new RepairedTransport(new AuthorityRepair(connection.Transport.Input), connection.Transport.Output);
        }

        await next(connection);
    }

    /// <summary>Looks at the first bytes and leaves them; null if the connection ended before it was clear.</summary>
    private static async ValueTask<bool?> BeginsWithPrefaceAsync(PipeReader input, CancellationToken closed)
    {
        if (input.TryRead(out var result) && Decide(input, result) is { } early)
        {
            return early;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(closed);
        timeout.CancelAfter(FirstBytesTimeout);
        while (true)
        {
            if (result.IsCompleted || result.IsCanceled)
            {
                return null;
            }

            result = await input.ReadAsync(timeout.Token);
            if (Decide(input, result) is { } decided)
            {
                return decided;
            }
        }
    }

    private static bool? Decide(PipeReader input, ReadResult result)
    {
        var buffer = result.Buffer;
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        Span<byte> first = stackalloc byte[length];
        buffer.Slice(0, length).CopyTo(first);
        var isPrefix = Preface.StartsWith(first);

        // A prefix of the preface is not decided yet, unless nothing more comes.
        bool? decided = !isPrefix ? false : length == Preface.Length ? true : null;

        // Examined only when undecided: what is decided must be there for the next reader at once.
        input.AdvanceTo(buffer.Start, decided is null ? buffer.End : buffer.Start);
        return decided;
    }

    private sealed record RepairedTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class KnownHttp2 : ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}
