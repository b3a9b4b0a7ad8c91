using System.Net;
using Concord.Client;
using Concord.Client.Kv;
using Concord.Client.Registry;
using Concord.Client.Users;
using Concord.Tests.Auth;
using Concord.Tests.Client;
using Grpc.Core;
using V1 = Concord.Protocol.V1;

namespace Concord.Tests.Registry;

/// <summary>Services where access is checked: which right lets whom do what, through both faces.</summary>
public sealed class RegistryAccessTests : IAsyncLifetime
{
    private const string Instances = "/concord/registry/instances/";

    private AuthServer? _server;
    private ConcordClient? _root;
    private ConcordClient? _alice;

    private static CancellationToken Patience => new CancellationTokenSource(Wait.Bound).Token;

    private RegistryClient Root => _root!.Registry;

    private RegistryClient Alice => _alice!.Registry;

    public async ValueTask InitializeAsync()
    {
        _server = await AuthServer.EnabledAsync();
        _root = _server.Client("root", "root");
        _alice = _server.Client("alice", "alice");
        await Root.RegisterPersistentAsync(Instance("orders", "a"), null, Patience);
        await Root.RegisterPersistentAsync(Instance("billing", "a"), null, Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _root!.DisposeAsync();
        await _alice!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_shown_or_done_without_a_right()
    {
        Assert.Empty(await Alice.ListServicesAsync(cancellationToken: Patience));
        await DeniedAsync(() => Alice.ListInstancesAsync(InstanceFilter.Of("orders"), Patience));
        await DeniedAsync(() => FirstAsync(Alice, InstanceFilter.Of("orders")));
        await DeniedAsync(() => Alice.RegisterPersistentAsync(Instance("orders", "b"), null, Patience));
        await DeniedAsync(() => Alice.RegisterAsync(Instance("orders", "b"), cancellationToken: Patience));
        await DeniedAsync(() => Alice.SetStateAsync("orders", "a", InstanceState.Critical, cancellationToken: Patience));
        await DeniedAsync(() => Alice.DeregisterAsync("orders", "a", cancellationToken: Patience));
        await DeniedAsync(() => Alice.SetMaintenanceAsync("orders", "a", true, cancellationToken: Patience));
        await DeniedAsync(() => Alice.SetZoneMaintenanceAsync("eu-1", true, cancellationToken: Patience));
        await DeniedAsync(() => Alice.SetPanicPercentAsync("orders", 0, Patience));

        using var http = new HttpClient { BaseAddress = new(_server!.Url) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("/v1/services", UriKind.Relative), Patience)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("alice:alice"u8));
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri("/v1/services/orders/instances", UriKind.Relative), Patience)).StatusCode);
        Assert.Equal("[]", await http.GetStringAsync(new Uri("/v1/prometheus/targets", UriKind.Relative), Patience));
    }

    [Fact]
    public async Task A_right_on_one_service_is_for_that_one()
    {
        await GrantAsync(KeyAccess.ReadWrite, Instances + "orders/");

        Assert.Equal("orders", Assert.Single(await Alice.ListServicesAsync(cancellationToken: Patience)).Name);
        await using (var held = await Alice.RegisterAsync(Instance("orders", "b"), new() { DrainTime = TimeSpan.Zero }, Patience))
        {
            Assert.Equal(2, (await FirstAsync(Alice, InstanceFilter.Of("orders"))).View.Instances.Count);
        }

        await DeniedAsync(() => Alice.ListInstancesAsync(InstanceFilter.Of("billing"), Patience));
        await DeniedAsync(() => FirstAsync(Alice, new InstanceFilter()));
        await DeniedAsync(() => Alice.SetMaintenanceAsync("orders", "a", true, cancellationToken: Patience));

        await GrantAsync(KeyAccess.Write, "/concord/registry/maintenance/instances/orders/");
        Assert.True(await Alice.SetMaintenanceAsync("orders", "a", true, cancellationToken: Patience));
    }

    [Fact]
    public async Task An_agent_is_told_of_what_it_may_register_and_reports_on_nothing_else()
    {
        var (root, alice) = (new V1.Registry.RegistryClient(_root!.Invoker), new V1.Registry.RegistryClient(_alice!.Invoker));
        var through = new CallOptions(new() { { "concord-node", "host-a" } }, cancellationToken: Patience);
        var generation = (await root.RegisterInstanceAsync(
            new() { Instance = new() { Service = "orders", Id = "checked", Persistent = true, Check = new() { Tcp = new() { Address = "10.255.255.254:1" }, IntervalMs = 3_600_000 } } }, through)).Generation;
        var there = (await Root.ListInstancesAsync(InstanceFilter.Of("orders"), Patience)).Instances;
        Assert.Equal([("a", ""), ("checked", "host-a")], there.Select(static one => (one.Id, one.Node)));

        var report = new V1.ReportCheckRequest { Service = "orders", Id = "checked", Generation = generation, State = V1.InstanceState.Warning };
        var list = await ListAsync();
        Assert.Equal((1, 0), (list.Hidden, list.Set.Count));
        await DeniedAsync(async () => await alice.ReportCheckAsync(report, through));

        await GrantAsync(KeyAccess.ReadWrite, Instances + "orders/");
        list = await ListAsync();
        Assert.Equal((0, "checked"), (list.Hidden, Assert.Single(list.Set).Id));
        Assert.True((await alice.ReportCheckAsync(report, through)).Changed);

        // Who names no host is no agent.
        var nobody = await Assert.ThrowsAsync<ConcordServerException>(async () => await root.WatchChecks(new(), cancellationToken: Patience).ResponseStream.MoveNext(Patience));
        Assert.Equal("Concord-Node", nobody.Field);

        async Task<V1.WatchChecksResponse> ListAsync()
        {
            using var call = alice.WatchChecks(new(), through);
            while (true)
            {
                Assert.True(await call.ResponseStream.MoveNext(Patience));
                if (call.ResponseStream.Current is { } one && one.Hidden + one.Set.Count > 0)
                {
                    return one;
                }
            }
        }
    }

    [Fact]
    public async Task Who_follows_and_loses_the_right_is_told_at_once()
    {
        await GrantAsync(KeyAccess.Read, Instances + "orders/");
        await using var watch = Alice.WatchAsync(InstanceFilter.Of("orders"), Patience).GetAsyncEnumerator(Patience);
        Assert.True(await watch.MoveNextAsync());

        await _root!.Users.RevokePermissionAsync("r", KeyRange.Prefix(Instances + "orders/"), Patience);

        await DeniedAsync(async () => await watch.MoveNextAsync());
    }

    [Fact]
    public async Task The_servers_own_work_needs_no_right()
    {
        await Root.RegisterEphemeralAsync(Instance("orders", "short"), TimeSpan.FromSeconds(2), Patience);

        await Wait.UntilAsync(
            async () => (await Root.ListInstancesAsync(InstanceFilter.Of("orders"), Patience)).Instances.Any(one => one is { Id: "short", State: InstanceState.Critical }),
            "its time is over");
    }

    private static InstanceRegistration Instance(string service, string id) => new() { Service = service, Id = id, Zone = "eu-1", Endpoints = [new ServiceEndpoint("http", "10.0.0.1", 80)] };

    private static async Task<ServiceWatchEvent.Full> FirstAsync(RegistryClient registry, InstanceFilter filter)
    {
        await using var watch = registry.WatchAsync(filter, Patience).GetAsyncEnumerator(Patience);
        Assert.True(await watch.MoveNextAsync());
        return Assert.IsType<ServiceWatchEvent.Full>(watch.Current);
    }

    private static async Task DeniedAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<ConcordServerException>(call);
        Assert.Equal("permission_denied", error.Code);
        Assert.NotEmpty(error.Remedy);
    }

    private Task GrantAsync(KeyAccess access, string prefix) => _root!.Users.GrantPermissionAsync("r", new KeyPermission(access, KeyRange.Prefix(prefix)), Patience);
}
