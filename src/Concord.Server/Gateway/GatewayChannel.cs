using Concord.Server.Hosting.InProcess;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.Server.Gateway;

/// <summary>The gateway's connection to the API of its own server.</summary>
internal sealed class GatewayChannel : IDisposable
{
    private readonly GrpcChannel _channel;

    public GatewayChannel(InProcessListener listener) => _channel = GrpcChannel.ForAddress(InProcessEndPoint.Address, new()
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => new(listener.Connect()),
            EnableMultipleHttp2Connections = true,
        },
        DisposeHttpClient = true,

        // What the API gives, the gateway hands on.
        MaxReceiveMessageSize = null,
        MaxSendMessageSize = null,
    });

    public CallInvoker Invoker => field ??= _channel.CreateCallInvoker();

    public void Dispose() => _channel.Dispose();
}
