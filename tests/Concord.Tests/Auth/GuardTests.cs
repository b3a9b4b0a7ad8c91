using System.Net;
using Concord.Server.Auth;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Tests.Auth;

/// <summary>What the gate lets through, over everything that the server has.</summary>
public sealed class GuardTests
{
    private static readonly string[] Open =
    [
        "etcdserverpb.Auth/Authenticate", "etcdserverpb.Watch/Watch", "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch",
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ];

    /// <summary>What services decide by keys. A method that is in neither list is the root role's.</summary>
    private static readonly string[] Users =
    [
        "concord.v1.Cluster/ListMembers", "concord.v1.Gossip/ListGossipMembers",
        "etcdserverpb.Auth/RoleGet", "etcdserverpb.Auth/UserGet", "etcdserverpb.Cluster/MemberList",
        "etcdserverpb.KV/DeleteRange", "etcdserverpb.KV/Put", "etcdserverpb.KV/Range", "etcdserverpb.KV/RangeStream", "etcdserverpb.KV/Txn",
        "etcdserverpb.Lease/LeaseGrant", "etcdserverpb.Lease/LeaseKeepAlive", "etcdserverpb.Lease/LeaseLeases", "etcdserverpb.Lease/LeaseRevoke", "etcdserverpb.Lease/LeaseTimeToLive",
        "etcdserverpb.Maintenance/Alarm", "etcdserverpb.Maintenance/Status",
    ];

    private static readonly string[] UserServices = ["concord.v1.Configs", "concord.v1.Registry", "v3electionpb.Election", "v3lockpb.Lock"];

    [Fact]
    public async Task Every_method_that_is_served_is_guarded_as_listed_here()
    {
        await using var server = await AuthServer.StartAsync();
        var methods = server.Server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName.TrimStart('/')).OfType<string>().ToHashSet();
        Assert.True(methods.Count > 50, $"only {methods.Count} methods were found");
        foreach (var method in methods)
        {
            var expected = Open.Contains(method) ? Guard.Open
                : Users.Contains(method) || UserServices.Contains(method.Split('/')[0]) ? Guard.User
                : Guard.Root;
            Assert.Equal((method, expected), (method, Guards.Of("/" + method)));
        }

        Assert.Subset(methods, new HashSet<string>([.. Open, .. Users]));
    }

    [Theory]
    [InlineData("/v1/apps", "User")]
    [InlineData("/V1/apps", "User")]
    [InlineData("/v1x/apps", "Root")]
    [InlineData("/health", "Open")]
    [InlineData("/v3/kv/range", "Open")]
    [InlineData("/docs/index.html", "Open")]
    [InlineData("/etcdserverpb.kv/range", "Root")]
    [InlineData("/etcdserverpb.Maintenance/Snapshot", "Root")]
    [InlineData("/concord.v1.Cluster/SaveSnapshot", "Root")]
    [InlineData("/", "Root")]
    [InlineData("", "Root")]
    [InlineData("/healthy", "Root")]
    public void Paths_are_guarded_unless_they_are_known(string path, string guard) => Assert.Equal(guard, Guards.Of(path).ToString());

    [Fact]
    public async Task Whoever_has_no_business_is_stopped_before_a_service_sees_the_call()
    {
        await using var server = await AuthServer.EnabledAsync();
        var alice = await server.AsAsync("alice");
        foreach (var (invoker, code) in new[] { (server.Anonymous, StatusCode.InvalidArgument), (alice, StatusCode.PermissionDenied) })
        {
            var cluster = new Protocol.Etcd.Cluster.ClusterClient(invoker);
            var maintenance = new Protocol.Etcd.Maintenance.MaintenanceClient(invoker);
            var own = new Protocol.V1.Cluster.ClusterClient(invoker);
            await Refused(code, () => cluster.MemberAddAsync(new()).ResponseAsync);
            await Refused(code, () => cluster.MemberRemoveAsync(new()).ResponseAsync);
            await Refused(code, () => cluster.MemberUpdateAsync(new()).ResponseAsync);
            await Refused(code, () => cluster.MemberPromoteAsync(new()).ResponseAsync);
            await Refused(code, () => maintenance.DefragmentAsync(new()).ResponseAsync);
            await Refused(code, () => maintenance.HashAsync(new()).ResponseAsync);
            await Refused(code, () => maintenance.HashKVAsync(new()).ResponseAsync);
            await Refused(code, () => maintenance.MoveLeaderAsync(new()).ResponseAsync);
            await Refused(code, () => maintenance.AlarmAsync(new() { Action = Protocol.Etcd.AlarmRequest.Types.AlarmAction.Deactivate }).ResponseAsync);
            await Refused(code, () => maintenance.Snapshot(new()).ResponseStream.MoveNext(default));
            await Refused(code, () => own.ReconfigureAsync(new()).ResponseAsync);
            await Refused(code, () => own.SaveSnapshot(new()).ResponseStream.MoveNext(default));
        }

        await new Protocol.Etcd.Maintenance.MaintenanceClient(alice).StatusAsync(new());
        await new Protocol.Etcd.Maintenance.MaintenanceClient(alice).AlarmAsync(new());
        Assert.Single((await new Protocol.Etcd.Cluster.ClusterClient(alice).MemberListAsync(new())).Members);
        await Refused(StatusCode.InvalidArgument, () => new Protocol.Etcd.Maintenance.MaintenanceClient(server.Anonymous).StatusAsync(new()).ResponseAsync);
    }

    /// <summary>Clients that do not decode what need not be encoded tell errors by the text as well.</summary>
    [Fact]
    public async Task The_text_of_a_refusal_is_on_the_wire_as_it_is()
    {
        await using var server = await AuthServer.EnabledAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url + "/etcdserverpb.KV/Range") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(new byte[5]);
        request.Content.Headers.ContentType = new("application/grpc");
        using var answer = await http.SendAsync(request);
        Assert.Equal(("3", "etcdserver: user name is empty"), (answer.Headers.GetValues("grpc-status").Single(), answer.Headers.GetValues("grpc-message").Single()));
    }

    private static async Task Refused(StatusCode code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
}
