using Concord.Client;
using Concord.Client.Registry;
using Concord.Protocol.V1;
using Concord.Server.Hosting;
using Concord.Tests.Client;
using Concord.Tests.Configs.Rest;
using Grpc.Core;
using Grpc.Net.Client;
using InstanceFilter = Concord.Client.Registry.InstanceFilter;
using InstanceRegistration = Concord.Client.Registry.InstanceRegistration;
using InstanceState = Concord.Client.Registry.InstanceState;
using ServiceEndpoint = Concord.Client.Registry.ServiceEndpoint;

namespace Concord.Tests.Registry;

/// <summary>The client against a whole server: registrations that live as long as their stream, and watches. Services of their own.</summary>
public sealed class RegistryClientTests(RestServer server) : IClassFixture<RestServer>, IAsyncLifetime
{
    private ConcordClient? _client;

    private static CancellationToken Patience => new CancellationTokenSource(Wait.Bound).Token;

    private RegistryClient Registry => _client!.Registry;

    public ValueTask InitializeAsync()
    {
        _client = new(server.Url.ToString());
        return default;
    }

    public ValueTask DisposeAsync() => _client!.DisposeAsync();

    [Fact]
    public async Task A_registration_is_seen_told_drained_and_gone()
    {
        await using var watch = Registry.WatchAsync(InstanceFilter.Of("held"), Patience).GetAsyncEnumerator(Patience);
        Assert.Empty((await NextAsync<ServiceWatchEvent.Full>(watch)).View.Instances);

        var registration = await Registry.RegisterAsync(Instance("held", "a"), new() { DrainTime = TimeSpan.FromMilliseconds(200) }, Patience);
        var one = Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set);
        Assert.Equal(("a", InstanceState.Passing, registration.Generation), (one.Id, one.State, one.Generation));

        await registration.SetStateAsync(InstanceState.Warning, "slow", Patience);
        one = Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set);
        Assert.Equal((InstanceState.Warning, "slow"), (one.State, one.Reason));

        var stopping = registration.StopAsync();
        Assert.Equal(InstanceState.Draining, Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).State);
        Assert.Equal("a", Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Removed).Id);
        await stopping;
        await registration.Completion.WaitAsync(Patience);
        await registration.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_breaks_makes_critical_at_once_and_coming_back_makes_passing()
    {
        await using var watch = Registry.WatchAsync(InstanceFilter.Of("broken"), Patience).GetAsyncEnumerator(Patience);
        await NextAsync<ServiceWatchEvent.Full>(watch);
        using var channel = GrpcChannel.ForAddress(server.Url);
        var raw = new Concord.Protocol.V1.Registry.RegistryClient(channel);
        long generation;
        using (var call = raw.Register(cancellationToken: Patience))
        {
            generation = await PutAsync(call, "broken", "a", 0);
            Assert.Equal(InstanceState.Passing, Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).State);
        }

        // Disposing resets the stream, as the end of a process does.
        Assert.Equal(InstanceState.Critical, Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).State);

        using var again = raw.Register(cancellationToken: Patience);
        Assert.Equal(generation, await PutAsync(again, "broken", "a", generation));
        Assert.Equal(InstanceState.Passing, Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).State);

        // Ending the requests deregisters.
        await again.RequestStream.CompleteAsync();
        Assert.Equal("a", Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Removed).Id);
    }

    [Fact]
    public async Task Who_registers_the_same_id_replaces_the_one_before_and_that_one_learns_it()
    {
        var options = new ServiceRegistrationOptions { TimeToLive = TimeSpan.FromSeconds(2), DrainTime = TimeSpan.Zero };
        await using var first = await Registry.RegisterAsync(Instance("twice", "a"), options, Patience);
        await using var second = await Registry.RegisterAsync(Instance("twice", "a"), options, Patience);

        var refusal = await Assert.ThrowsAsync<ConcordServerException>(() => first.Completion.WaitAsync(Patience));
        Assert.Equal("superseded", refusal.Code);
        var there = Assert.Single((await Registry.ListInstancesAsync(InstanceFilter.Of("twice"), Patience)).Instances);
        Assert.Equal((second.Generation, InstanceState.Passing), (there.Generation, there.State));
    }

    [Fact]
    public async Task One_that_was_removed_by_an_operator_and_lives_registers_again()
    {
        var options = new ServiceRegistrationOptions { TimeToLive = TimeSpan.FromSeconds(2), DrainTime = TimeSpan.Zero };
        await using var held = await Registry.RegisterAsync(Instance("again", "a"), options, Patience);
        var generation = held.Generation;
        Assert.True(await Registry.DeregisterAsync("again", "a", cancellationToken: Patience));

        await Wait.UntilAsync(async () => (await Registry.ListInstancesAsync(InstanceFilter.Of("again"), Patience)).Instances.Count == 1, "it is back");
        await Wait.UntilAsync(() => held.Generation > generation, "it has another generation");
    }

    [Fact]
    public async Task An_instance_that_cannot_be_registered_is_refused_with_the_field()
    {
        var refusal = await Assert.ThrowsAsync<ConcordServerException>(() => Registry.RegisterAsync(Instance("bad", "a/b"), cancellationToken: Patience));
        Assert.Equal(("invalid_name", "instance.id"), (refusal.Code, refusal.Field));

        refusal = await Assert.ThrowsAsync<ConcordServerException>(async () =>
        {
            await foreach (var _ in Registry.WatchAsync(new() { Service = "a", Prefix = "b" }, Patience))
            {
            }
        });
        Assert.Equal("filter.prefix", refusal.Field);
    }

    [Fact]
    public async Task An_instance_is_kept_up_by_renewals_and_persistent_ones_need_none()
    {
        var generation = await Registry.RegisterEphemeralAsync(Instance("renewed", "a"), TimeSpan.FromSeconds(30), Patience);
        Assert.Equal(TimeSpan.FromSeconds(30), await Registry.RenewAsync("renewed", "a", generation, Patience));

        generation = await Registry.RegisterPersistentAsync(Instance("renewed", "p"), null, Patience);
        var refusal = await Assert.ThrowsAsync<ConcordServerException>(() => Registry.RenewAsync("renewed", "p", generation, Patience));
        Assert.Equal("invalid_request", refusal.Code);

        await Registry.SetStateAsync("renewed", "p", InstanceState.Critical, "says ann", cancellationToken: Patience);
        var summary = Assert.Single(await Registry.ListServicesAsync("renewed", cancellationToken: Patience));
        Assert.Equal((2, 1), (summary.Total, summary.Healthy));
        Assert.True(await Registry.SetMaintenanceAsync("renewed", "p", true, "x", cancellationToken: Patience));
        Assert.False(await Registry.SetMaintenanceAsync("renewed", "p", true, "x", cancellationToken: Patience));
    }

    [Fact]
    public async Task A_server_that_stops_says_nothing_about_the_instances_of_its_streams()
    {
        var directory = Directory.CreateTempSubdirectory("concord-test-");
        try
        {
            var first = await StartAsync(directory);
            using var channel = GrpcChannel.ForAddress(first.ClientUrls[0]);
            using var call = new Concord.Protocol.V1.Registry.RegistryClient(channel).Register(cancellationToken: Patience);
            await PutAsync(call, "stopped", "a", 0);
            await first.DisposeAsync();

            await using var second = await StartAsync(directory);
            await using var client = new ConcordClient(second.ClientUrls[0].ToString());
            Assert.Equal(InstanceState.Passing, Assert.Single((await client.Registry.ListInstancesAsync(InstanceFilter.Of("stopped"), Patience)).Instances).State);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        static Task<ConcordServer> StartAsync(DirectoryInfo directory) => ConcordServer.StartAsync(
            new() { DataDir = directory.FullName, ListenClientUrls = [new("http://127.0.0.1:0")], LogLevel = Microsoft.Extensions.Logging.LogLevel.Critical });
    }

    private static InstanceRegistration Instance(string service, string id) => new() { Service = service, Id = id, Endpoints = [new ServiceEndpoint("http", "10.0.0.1", 80)] };

    private static async Task<long> PutAsync(AsyncDuplexStreamingCall<RegisterRequest, RegisterResponse> call, string service, string id, long generation)
    {
        await call.RequestStream.WriteAsync(new() { Put = new() { Instance = new() { Service = service, Id = id }, Generation = generation, TtlSeconds = 30 } }, Patience);
        Assert.True(await call.ResponseStream.MoveNext(Patience));
        return call.ResponseStream.Current.Registered.Generation;
    }

    private static async Task<T> NextAsync<T>(IAsyncEnumerator<ServiceWatchEvent> watch)
        where T : ServiceWatchEvent
    {
        Assert.True(await watch.MoveNextAsync());
        return Assert.IsType<T>(watch.Current);
    }
}
