using Concord.Protocol.V1;
using Concord.Server.Configs.Rpc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Concord.Server.Registry.Rpc;

/// <summary>
/// The Watch method, bound by hand: its answers are bytes that were encoded once for all streams. The generated binding of the
/// same method stays, behind this one.
/// </summary>
internal sealed class WatchServicesMethod : IServiceMethodProvider<RegistryService>
{
    private const string Name = "Watch";

    private static readonly Method<WatchServicesRequest, ReadOnlyMemory<byte>[]> Method = new(
        MethodType.ServerStreaming,
        "concord.v1.Registry",
        Name,
        new(static (message, context) => context.Complete(message.ToByteArray()), static context => WatchServicesRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        WatchFrames.Marshaller);

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<RegistryService> context) =>
        context.AddServerStreamingMethod(Method, [], static (_, request, responses, call) => RunAsync(request, responses, call));

    /// <summary>Two endpoints have the method's route; the one with the lower order is taken.</summary>
    public static void PreferOver(EndpointBuilder endpoint)
    {
        if (endpoint is RouteEndpointBuilder route && route.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method is { Name: Name } and not Method<WatchServicesRequest, ReadOnlyMemory<byte>[]>)
        {
            route.Order = 1;
        }
    }

    private static async Task RunAsync(WatchServicesRequest request, IServerStreamWriter<ReadOnlyMemory<byte>[]> responses, ServerCallContext call)
    {
        var http = call.GetHttpContext();
        var services = http.RequestServices;
        var hub = services.GetRequiredService<RegistryHub>();
        var time = services.GetRequiredService<TimeProvider>();
        try
        {
            var query = RegistryRequests.Query(request.Filter);
            if (request.KnownRevision < 0)
            {
                throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{request.KnownRevision} is no revision.", "known_revision", "Give the revision of the last message, or 0.");
            }

            using var following = await InstancesFollowing.StartAsync(hub, services.GetRequiredService<RegistryAccess>().Store(http), time, query, request.KnownRevision, call.CancellationToken);
            var frame = new ReadOnlyMemory<byte>[1];
            while (true)
            {
                frame[0] = await following.NextAsync(call.CancellationToken);
                await responses.WriteAsync(frame);
            }
        }
        catch (RegistryException e)
        {
            throw RegistryRpcErrors.Of(e.Error);
        }
        catch (ReplicaException e)
        {
            throw RpcErrors.Of(e);
        }
        catch (Exception e) when (call.CancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client hung up.
        }
        catch (OperationCanceledException) when (hub.Stopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
    }
}
