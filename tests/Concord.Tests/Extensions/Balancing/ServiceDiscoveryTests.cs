using Concord.Client.Balancing.Following;
using Concord.Client.Registry;
using Concord.Tests.Client;
using Concord.Tests.Client.Balancing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using ServiceEndpoint = Microsoft.Extensions.ServiceDiscovery.ServiceEndpoint;

namespace Concord.Tests.Extensions.Balancing;

/// <summary>Concord's instances in Microsoft's service discovery.</summary>
public sealed class ServiceDiscoveryTests : IAsyncDisposable
{
    private readonly FakeRegistry _registry = new();
    private readonly ServiceDirectory _directory;
    private readonly ServiceProvider _services;

    public ServiceDiscoveryTests()
    {
        _directory = _registry.Directory(new() { CacheDirectory = null, FirstAnswer = TimeSpan.FromSeconds(1) });
        var services = new ServiceCollection();
        services.AddSingleton(_directory);
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddServiceDiscovery();
        services.AddConcordServiceEndpointProvider();
        services.AddHttpClient("orders").AddServiceDiscovery();
        _services = services.BuildServiceProvider();
    }

    private static CancellationToken Patience => new CancellationTokenSource(Wait.Bound).Token;

    private ServiceEndpointResolver Resolver => _services.GetRequiredService<ServiceEndpointResolver>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _directory.DisposeAsync();
    }

    [Fact]
    public async Task Those_that_may_be_called_are_given_and_changes_are_told_at_once()
    {
        _registry.Set(Fleet.Instance("a"), Fleet.Instance("b", state: InstanceState.Critical), Fleet.Instance("c", endpoints: [new("http", "10.0.0.3", 8080), new("http", "10.0.0.3", 9090, "metrics")]));
        var first = await Resolver.GetEndpointsAsync("http://orders", Patience);
        Assert.Equal(["http://a:80", "http://10.0.0.3:8080"], first.Endpoints.Select(Text));
        Assert.True(first.ChangeToken.ActiveChangeCallbacks);
        Assert.Equal(["http://10.0.0.3:9090"], (await Resolver.GetEndpointsAsync("http://_metrics.orders", Patience)).Endpoints.Select(Text));

        var changed = new TaskCompletionSource();
        first.ChangeToken.RegisterChangeCallback(_ => changed.TrySetResult(), null);
        _registry.Set(Fleet.Instance("d"));
        await changed.Task.WaitAsync(Patience);
        await Wait.UntilAsync(
            async () => (await Resolver.GetEndpointsAsync("http://orders", Patience)).Endpoints.Select(Text).SequenceEqual(["http://d:80"]), "the new one is given");
    }

    [Fact]
    public async Task Without_servers_the_last_known_ones_stay_and_a_refusal_is_no_exception()
    {
        _registry.Set(Fleet.Instance("a"));
        Assert.Single((await Resolver.GetEndpointsAsync("http://orders", Patience)).Endpoints);
        _registry.Interrupt();
        _registry.Refuses = true;
        Assert.Single((await Resolver.GetEndpointsAsync("http://orders", Patience)).Endpoints);

        // Unknown and nobody to ask: left to the provider that passes names on.
        Assert.Equal("somewhere", Assert.IsAssignableFrom<System.Net.DnsEndPoint>((await Resolver.GetEndpointsAsync("http://somewhere", Patience)).Endpoints.Single().EndPoint).Host);
    }

    [Fact]
    public async Task An_HttpClient_with_Microsofts_handler_calls_them()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        _registry.Set(one.Instance(), two.Instance());
        var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        for (var i = 0; i < 4; i++)
            Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));

        Assert.Equal((2, 2), (one.Calls, two.Calls));
    }

    private static string Text(ServiceEndpoint endpoint) => endpoint.EndPoint is UriEndPoint uri ? uri.Uri.GetLeftPart(UriPartial.Authority) + (uri.Uri.IsDefaultPort ? ":80" : "") : endpoint.EndPoint.ToString()!;
}
