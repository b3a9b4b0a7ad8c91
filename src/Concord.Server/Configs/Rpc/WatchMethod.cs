using Concord.Protocol.V1;
using Concord.Server.Configs.Push;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Concord.Server.Configs.Rpc;

/// <summary>
/// The Watch method, bound by hand: its answers are <see cref="WatchFrame"/>, whose marshaller writes bytes that were
/// encoded once for all streams. The generated binding of the same method stays, behind this one.
/// </summary>
internal sealed class WatchMethod : IServiceMethodProvider<ConfigsService>
{
    private const string Name = "Watch";

    private static readonly Method<WatchConfigRequest, WatchFrame> Method = new(
        MethodType.DuplexStreaming,
        "concord.v1.Configs",
        Name,
        new(static (message, context) => context.Complete(message.ToByteArray()), static context => WatchConfigRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        WatchFrame.Marshaller);

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ConfigsService> context) =>
        context.AddDuplexStreamingMethod(Method, [], static (_, requests, responses, call) => RunAsync(requests, responses, call));

    /// <summary>Two endpoints have the method's route; the one with the lower order is taken.</summary>
    public static void PreferOver(EndpointBuilder endpoint)
    {
        if (endpoint is RouteEndpointBuilder route && route.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method is { Name: Name } and not Method<WatchConfigRequest, WatchFrame>)
        {
            route.Order = 1;
        }
    }

    private static async Task RunAsync(IAsyncStreamReader<WatchConfigRequest> requests, IServerStreamWriter<WatchFrame> responses, ServerCallContext call)
    {
        var http = call.GetHttpContext();
        var services = http.RequestServices;
        var hub = services.GetRequiredService<ConfigHub>();
        var connection = new GrpcWatchConnection(hub, services.GetRequiredService<ConfigAccess>().Store(http), services.GetRequiredService<TimeProvider>(), responses);
        hub.Add(connection);
        try
        {
            var reading = ReadAsync(requests, connection, call.CancellationToken);
            if (await Task.WhenAny(reading, connection.Completion) == reading)
            {
                await reading;

                // The client has nothing more to say; it may go on to listen.
                await connection.Completion.WaitAsync(call.CancellationToken);
            }
        }
        catch (Exception e) when (call.CancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client hung up.
        }
        finally
        {
            await hub.RemoveAsync(connection).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!call.CancellationToken.IsCancellationRequested)
        {
            await connection.Completion;
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
    }

    private static async Task ReadAsync(IAsyncStreamReader<WatchConfigRequest> requests, GrpcWatchConnection connection, CancellationToken cancellation)
    {
        while (await requests.MoveNext(cancellation))
        {
            connection.Take(requests.Current);
        }
    }
}
