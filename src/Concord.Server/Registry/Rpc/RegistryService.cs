using Concord.Protocol.V1;
using Concord.Server.Configs.Rpc;
using Concord.Server.Registry.Checks;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Registry.Rpc;

/// <summary>The gRPC face of the slice.</summary>
internal sealed class RegistryService(RegistryAccess access, RegistryStore store, RegistryHub hub, CheckBoard board, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<RegistryService> logger) : Protocol.V1.Registry.RegistryBase
{
    public override async Task Register(IAsyncStreamReader<RegisterRequest> requestStream, IServerStreamWriter<RegisterResponse> responseStream, ServerCallContext context)
    {
        using var session = new RegistrationSession(access.Desk(context.GetHttpContext()), new(store, time), store, time, new(logger), responseStream);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await session.RunAsync(requestStream, ending.Token);
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The client goes on with another member and takes its instances up there.
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
        catch (RegistryException e)
        {
            await session.LoseAsync(e.Error.Message);
            throw RegistryRpcErrors.Of(e.Error);
        }
        catch (ReplicaException e)
        {
            throw RpcErrors.Of(e);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException && context.CancellationToken.IsCancellationRequested)
        {
            await session.LoseAsync("the connection of the instance broke");
            return;
        }

        try
        {
            await session.LeaveAsync(CancellationToken.None);
        }
        catch (ReplicaException e)
        {
            throw RpcErrors.Of(e);
        }
    }

    public override async Task<RegisterInstanceResponse> RegisterInstance(RegisterInstanceRequest request, ServerCallContext context) =>
        RegistryMessages.Registered(await Desk(context).RegisterAsync(RegistryRequests.Registration(request.Instance), request.Generation, request.TtlSeconds, context.CancellationToken));

    public override async Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context) => new()
    {
        TtlSeconds = await Desk(context).RenewAsync(Service(request.Service), Id(request.Id), request.Generation, context.CancellationToken),
    };

    public override async Task<SetStateResponse> SetState(SetStateRequest request, ServerCallContext context) => new()
    {
        Revision = await Desk(context).SetStateAsync(
            Service(request.Service), Id(request.Id), request.Generation, InstanceStates.From((int)request.State, "state"), request.Reason, context.CancellationToken) ?? store.View().Revision,
    };

    public override async Task<DeregisterResponse> Deregister(DeregisterRequest request, ServerCallContext context)
    {
        var revision = await Desk(context).DeregisterAsync(Service(request.Service), Id(request.Id), request.Generation, context.CancellationToken);
        return new() { Removed = revision is not null, Revision = revision ?? store.View().Revision };
    }

    public override async Task<SetMaintenanceResponse> SetMaintenance(SetMaintenanceRequest request, ServerCallContext context)
    {
        var desk = Desk(context);
        var revision = request.TargetCase switch
        {
            SetMaintenanceRequest.TargetOneofCase.Instance => await desk.MaintainAsync(
                RegistryNames.Service(request.Instance.Service, "instance.service"), RegistryNames.Id(request.Instance.Id, "instance.id"), request.Enabled, request.Reason, request.Author, context.CancellationToken),
            SetMaintenanceRequest.TargetOneofCase.Zone => await desk.MaintainZoneAsync(
                RegistryNames.RequiredWord(request.Zone, "zone"), request.Enabled, request.Reason, request.Author, context.CancellationToken),
            _ => throw new RegistryException(RegistryErrorCode.InvalidRequest, "The request does not say what is maintained.", "target", "Give an instance or a zone."),
        };
        return new() { Changed = revision is not null, Revision = revision ?? store.View().Revision };
    }

    public override async Task<ConfigureServiceResponse> ConfigureService(ConfigureServiceRequest request, ServerCallContext context) => new()
    {
        Revision = await Desk(context).ConfigureAsync(Service(request.Service), request.PanicPercent, context.CancellationToken) ?? store.View().Revision,
    };

    public override async Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context)
    {
        var (services, revision) = await access.Reader(context.GetHttpContext()).ServicesAsync(request.Prefix, request.Tag, context.CancellationToken);
        return new() { Services = { services.Select(RegistryMessages.Service) }, Revision = revision };
    }

    public override async Task<ListServiceInstancesResponse> ListServiceInstances(ListServiceInstancesRequest request, ServerCallContext context) =>
        RegistryMessages.Instances(await access.Reader(context.GetHttpContext()).InstancesAsync(RegistryRequests.Query(request.Filter), context.CancellationToken));

    /// <summary>
    /// What is written was encoded once for all who follow, so it goes into the response's pipe past the stream's writer, which would encode
    /// a message for each.
    /// </summary>
    public override async Task Watch(WatchServicesRequest request, IServerStreamWriter<WatchServicesResponse> responseStream, ServerCallContext context)
    {
        try
        {
            var query = RegistryRequests.Query(request.Filter);
            if (request.KnownRevision < 0)
            {
                throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{request.KnownRevision} is no revision.", "known_revision", "Give the revision of the last message, or 0.");
            }

            var http = context.GetHttpContext();
            var body = http.Response.BodyWriter;
            using var following = await InstancesFollowing.StartAsync(hub, access.Store(http), query, request.KnownRevision, context.CancellationToken);
            while (!(await body.WriteAsync(await following.NextAsync(), context.CancellationToken)).IsCompleted)
            {
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
        catch (Exception e) when (context.CancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client hung up.
        }
        catch (OperationCanceledException) when (hub.Stopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
    }

    public override async Task WatchChecks(WatchChecksRequest request, IServerStreamWriter<WatchChecksResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            var http = context.GetHttpContext();
            await new AgentChecks(RegistryAccess.Node(http), board, access.Store(http), time).RunAsync(responseStream, ending.Token);
        }
        catch (RegistryException e)
        {
            throw RegistryRpcErrors.Of(e.Error);
        }
        catch (ReplicaException e)
        {
            throw RpcErrors.Of(e);
        }
        catch (Exception e) when (context.CancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The agent hung up.
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
    }

    public override async Task<ReportCheckResponse> ReportCheck(ReportCheckRequest request, ServerCallContext context)
    {
        var revision = await Desk(context).ReportAsync(
            Service(request.Service), Id(request.Id), request.Generation, InstanceStates.From((int)request.State, "state"), request.Reason, context.CancellationToken);
        return new() { Changed = revision is not null, Revision = revision ?? store.View().Revision };
    }

    private RegistryDesk Desk(ServerCallContext context) => access.Desk(context.GetHttpContext());

    private static string Service(string text) => RegistryNames.Service(text, "service");

    private static string Id(string text) => RegistryNames.Id(text, "id");
}
