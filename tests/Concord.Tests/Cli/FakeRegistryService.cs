using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Tests.Cli;

/// <summary>Two services with four instances, as they never change; a watch tells one story about them.</summary>
internal sealed class FakeRegistryService : Protocol.V1.Registry.RegistryBase
{
    private static readonly long Registered = CliRun.Now.AddHours(-3).ToUnixTimeMilliseconds();
    private static readonly long Since = CliRun.Now.AddMinutes(-5).ToUnixTimeMilliseconds();
    private readonly Dictionary<string, int> _panic = [];

    private static ServiceInstance[] All { get; } =
    [
        One("shop", "shop-1", "eu-1", "1", InstanceState.Passing, "", "blue"),
        One("shop", "shop-2", "eu-2", "2", InstanceState.Critical, "HTTP 500"),
        One("shop-api", "api-1", "eu-1", "7", InstanceState.Warning, "HTTP 429: it has more to do than it can", "blue"),
        One("shop-api", "api-2", "eu-1", "7", InstanceState.Passing, ""),
    ];

    public override Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context) => Task.FromResult(new ListServicesResponse
    {
        Services = { Summaries(All.Where(one => one.Service.StartsWith(request.Prefix, StringComparison.Ordinal) && (request.Tag.Length == 0 || one.Tags.Contains(request.Tag)))) },
        Revision = 40,
    });

    public override Task<ListServiceInstancesResponse> ListServiceInstances(ListServiceInstancesRequest request, ServerCallContext context) => Task.FromResult(View(request.Filter));

    public override Task<RegisterInstanceResponse> RegisterInstance(RegisterInstanceRequest request, ServerCallContext context) =>
        Task.FromResult(new RegisterInstanceResponse { Generation = 41, Revision = 41 });

    public override Task<SetStateResponse> SetState(SetStateRequest request, ServerCallContext context) => All.Any(one => one.Service == request.Service && one.Id == request.Id)
        ? Task.FromResult(new SetStateResponse { Revision = 41 })
        : throw FakeConcord.Refusal(StatusCode.NotFound, new() { Code = "not_found", Message = $"There is no instance {request.Service}/{request.Id}.", Field = "id", Remedy = "Look at those that there are." });

    public override Task<DeregisterResponse> Deregister(DeregisterRequest request, ServerCallContext context) =>
        Task.FromResult(new DeregisterResponse { Removed = All.Any(one => one.Service == request.Service && one.Id == request.Id), Revision = 41 });

    public override Task<SetMaintenanceResponse> SetMaintenance(SetMaintenanceRequest request, ServerCallContext context) =>
        Task.FromResult(new SetMaintenanceResponse { Changed = request.Enabled, Revision = 41 });

    public override Task<ConfigureServiceResponse> ConfigureService(ConfigureServiceRequest request, ServerCallContext context)
    {
        _panic[request.Service] = request.PanicPercent;
        return Task.FromResult(new ConfigureServiceResponse { Revision = 41 });
    }

    /// <summary>The view; then one instance of it goes and another one, whose id is "last", comes.</summary>
    public override async Task Watch(WatchServicesRequest request, IServerStreamWriter<WatchServicesResponse> responseStream, ServerCallContext context)
    {
        var full = View(request.Filter);
        await responseStream.WriteAsync(new() { Full = full });
        var (gone, come) = (full.Instances[^1], One(full.Instances[^1].Service, "last", "eu-3", "8", InstanceState.Starting, "not ready yet"));
        var after = full.Instances.SkipLast(1).Append(come);
        await responseStream.WriteAsync(new()
        {
            Delta = new()
            {
                FromRevision = 40,
                Revision = 42,
                Removed = { new WatchServicesResponse.Types.Removed { Service = gone.Service, Id = gone.Id } },
                Set = { come },
                Services = { Summaries(after).Where(one => one.Name == gone.Service) },
            },
        });
        await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private ListServiceInstancesResponse View(InstanceFilter filter)
    {
        var found = All.Where(one => (filter.Service.Length > 0 ? one.Service == filter.Service : one.Service.StartsWith(filter.Prefix, StringComparison.Ordinal))
            && filter.Tags.All(one.Tags.Contains)
            && (filter.Zone.Length == 0 || one.Zone == filter.Zone)
            && (filter.States.Count == 0 || filter.States.Contains(one.State))).ToList();
        var services = Summaries(found).ToList();
        if (services.Count == 0 && filter.Service.Length > 0)
            services = [.. Summaries(All).Where(one => one.Name == filter.Service).DefaultIfEmpty(new() { Name = filter.Service, PanicPercent = _panic.GetValueOrDefault(filter.Service, 30) })];
        return new() { Instances = { found }, Services = { services }, Revision = 40 };
    }

    /// <summary>Of the services that these belong to, over all their instances.</summary>
    private IEnumerable<ServiceSummary> Summaries(IEnumerable<ServiceInstance> found) => found.GroupBy(one => one.Service).Select(group =>
    {
        var all = All.Where(one => one.Service == group.Key).ToList();
        return new ServiceSummary
        {
            Name = group.Key,
            Total = all.Count,
            Healthy = all.Count(one => one.State is InstanceState.Passing or InstanceState.Warning),
            PanicPercent = _panic.GetValueOrDefault(group.Key, 30),
            Tags = { all.SelectMany(one => one.Tags).Distinct() },
        };
    });

    private static ServiceInstance One(string service, string id, string zone, string version, InstanceState state, string reason, params string[] tags) => new()
    {
        Service = service,
        Id = id,
        Generation = 12,
        Endpoints = { new ServiceEndpoint { Name = "default", Scheme = "http", Host = "10.0.0.1", Port = 8080 } },
        Zone = zone,
        Version = version,
        Weight = 100,
        Tags = { tags },
        State = state,
        Reason = reason,
        Revision = 40,
        RegisteredUnixMs = Registered,
        StateSinceUnixMs = Since,
    };
}
