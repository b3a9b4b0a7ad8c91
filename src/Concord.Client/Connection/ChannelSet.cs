using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.Client.Connection;

/// <summary>
/// One channel per endpoint over one HTTP handler; a channel connects with its first call, so a healthy client holds
/// one connection.
/// </summary>
/// <remarks>
/// Why not the library's own resolver and pick-first balancer: it leaves an endpoint only when a socket fails, not when
/// the server behind it has lost its leader or falls silent, it keeps failing from memory while its own reconnect
/// backoff runs, and one channel has one authority, which does not suit certificates that differ per member.
/// </remarks>
internal sealed class ChannelSet : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly GrpcChannel[] _channels;
    private readonly CallInvoker[] _invokers;

    /// <summary>Null: what the handler does for https by itself.</summary>
    private readonly ClientTls? _tls;

    public ChannelSet(ConcordClientOptions options)
    {
        _tls = options.Tls.IsSet ? new ClientTls(options.Tls) : null;
        _handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            // With a connect callback the gRPC library leaves connecting to the handler and adds no state of its own.
            ConnectCallback = ConnectAsync,
            KeepAlivePingDelay = options.KeepAliveInterval,
            KeepAlivePingTimeout = options.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = true,
            UseCookies = false,
            UseProxy = false,
        };
        options.ConfigureHandler?.Invoke(_handler);
        _channels = [.. options.Endpoints.Select(endpoint => GrpcChannel.ForAddress(endpoint, ChannelOptions(options)))];
        Tokens = options.Credentials is { } credentials ? new TokenSource(credentials) : null;
        _invokers = [.. _channels.Select(channel => Tokens?.Authorize(channel.CreateCallInvoker()) ?? channel.CreateCallInvoker())];
    }

    /// <summary>Null without credentials.</summary>
    public TokenSource? Tokens { get; }

    public CallInvoker this[int index] => _invokers[index];

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
        _handler.Dispose();
        Tokens?.Dispose();
    }

    private GrpcChannelOptions ChannelOptions(ConcordClientOptions options) => new()
    {
        HttpHandler = _handler,
        DisposeHttpClient = false,
        MaxReceiveMessageSize = options.MaxReceiveBytes,
        MaxSendMessageSize = null,
        // Whether to go without TLS is decided by the endpoints' scheme, tokens or not.
        UnsafeUseInsecureChannelCallCredentials = true,
        // No logger factory: the library logs each failed attempt with its stack trace at "information". What matters of
        // it, the client says itself in one line.
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, stop).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);

            // The handler takes a stream that is secured already as it is.
            return _tls is not null && context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps
                ? await _tls.SecureAsync(stream, context.DnsEndPoint.Host, stop).ConfigureAwait(false)
                : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
