using Concord.Agent.Checks;
using Concord.Client;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Agent.Faces;

/// <summary>
/// The service registry as processes of this host see it. Writes go on to the servers with the agent's name, reads are remembered,
/// watches are shared.
/// </summary>
internal sealed class RegistryFace(Upstream upstream, SharedWatches watches, SeenRegistrations seen, IHostApplicationLifetime lifetime) : Registry.RegistryBase
{
    private readonly Registry.RegistryClient _servers = new(upstream.Invoker);

    public override async Task Register(IAsyncStreamReader<RegisterRequest> requestStream, IServerStreamWriter<RegisterResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var call = _servers.Register(new CallOptions(upstream.Headers, cancellationToken: ending.Token));
        try
        {
            await Pump.RunAsync(requestStream, responseStream, call, null, null, ending.Token);
        }
        catch (ConcordException error)
        {
            throw Upstream.Translate(error);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The agent is stopping."));
        }
    }

    public override async Task<RegisterInstanceResponse> RegisterInstance(RegisterInstanceRequest request, ServerCallContext context)
    {
        var answer = await upstream.PassAsync(options => _servers.RegisterInstanceAsync(request, options), context);
        if (request.Instance is { Persistent: true, Check: not null } instance)
        {
            seen.Note(instance.Service, instance.Id, answer.Generation);
        }

        return answer;
    }

    public override Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.RenewAsync(request, options), context);

    public override Task<SetStateResponse> SetState(SetStateRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.SetStateAsync(request, options), context);

    public override Task<DeregisterResponse> Deregister(DeregisterRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.DeregisterAsync(request, options), context);

    public override Task<SetMaintenanceResponse> SetMaintenance(SetMaintenanceRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.SetMaintenanceAsync(request, options), context);

    public override Task<ConfigureServiceResponse> ConfigureService(ConfigureServiceRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.ConfigureServiceAsync(request, options), context);

    public override Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context) =>
        upstream.ReadAsync("ListServices", request, ListServicesResponse.Parser, options => _servers.ListServicesAsync(request, options), context);

    public override Task<ListServiceInstancesResponse> ListServiceInstances(ListServiceInstancesRequest request, ServerCallContext context) =>
        upstream.ReadAsync("ListServiceInstances", request, ListServiceInstancesResponse.Parser, options => _servers.ListServiceInstancesAsync(request, options), context);

    public override async Task Watch(WatchServicesRequest request, IServerStreamWriter<WatchServicesResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var reader = watches.Open(request.Filter ?? new InstanceFilter());
        try
        {
            while (true)
            {
                await responseStream.WriteAsync(await reader.NextAsync(ending.Token), ending.Token);
            }
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The agent is stopping."));
        }
    }
}
