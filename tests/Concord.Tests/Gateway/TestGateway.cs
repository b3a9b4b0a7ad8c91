using Concord.Client;
using Concord.Client.Registry;
using Concord.Gateway.Hosting;
using Concord.Tests.Configs.Rest;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Gateway;

/// <summary>A gateway in the test's process, in an environment of its own, and what it needs of the server.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly RestServer _server;
    private readonly WebApplication _app;
    private readonly DirectoryInfo _cache = Directory.CreateTempSubdirectory("concord-gateway-");
    private readonly List<IAsyncDisposable> _owned = [];

    private TestGateway(RestServer server, string application, string environment, string zone)
    {
        _server = server;
        (Application, Environment) = (application, environment);
        Client = new(server.Url.ToString());
        _app = GatewayHost.Build(new()
        {
            Endpoints = [server.Url],
            ListenUrls = [new("http://127.0.0.1:0")],
            ListenHttp2Urls = [new("http://127.0.0.1:0")],
            AdminUrl = new("http://127.0.0.1:0"),
            Application = application,
            Environment = environment,
            Zone = zone,
            CacheDirectory = _cache.FullName,
            LogLevel = LogLevel.Critical,
            ConfigureClient = static options => options with { BackoffMin = TimeSpan.FromMilliseconds(5), BackoffMax = TimeSpan.FromMilliseconds(100), Host = "test" },
        });
    }

    public string Application { get; }

    public string Environment { get; }

    public ConcordClient Client { get; }

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Where HTTP/2 without TLS is spoken.</summary>
    public Uri Http2Url { get; private set; } = null!;

    public HttpClient Admin { get; private set; } = null!;

    public static async Task<TestGateway> StartAsync(RestServer server, string environment, string application = "gateway", string zone = "")
    {
        var gateway = new TestGateway(server, application, environment, zone);
        await gateway._app.StartAsync(RestServer.Patience);
        var addresses = GatewayHost.AddressesOf(gateway._app);
        gateway.Http = new() { BaseAddress = addresses[0] };
        gateway.Http2Url = addresses[1];
        gateway.Admin = new() { BaseAddress = addresses[2] };
        return gateway;
    }

    /// <summary>Publishes the routes and waits until the gateway says that it uses them.</summary>
    public async Task RouteAsync(string yaml)
    {
        await _server.ReleaseAsync($"{Application}/{Environment}", "yaml", yaml);
        var release = await LastReleaseAsync();
        await Tests.Client.Wait.UntilAsync(
            async () => (await Client.Configs.ListInstancesAsync(Application, Environment, RestServer.Patience)).Any(one => one.AppliedRelease == release),
            $"the gateway uses release {release}");
    }

    public async Task<long> LastReleaseAsync()
    {
        var releases = await _server.OkAsync(HttpMethod.Get, $"/v1/releases?application={Application}&environment={Environment}&limit=1");
        return releases.GetProperty("releases")[0].GetProperty("number").GetInt64();
    }

    public async Task<ServiceRegistration> RegisterAsync(string service, string id, Uri address, string scheme = "http", string zone = "", string version = "")
    {
        var registration = await Client.Registry.RegisterAsync(
            new() { Service = service, Id = id, Endpoints = [new(scheme, address.Host, address.Port)], Zone = zone, Version = version },
            new() { DrainTime = TimeSpan.Zero }, RestServer.Patience);
        _owned.Add(registration);
        return registration;
    }

    /// <summary>Answers of GET requests, until one is as wanted.</summary>
    public Task UntilAsync(string path, Func<string, bool> wanted, string what) => Tests.Client.Wait.UntilAsync(
        async () =>
        {
            using var answer = await Http.GetAsync(path, RestServer.Patience);
            return wanted(await answer.Content.ReadAsStringAsync(RestServer.Patience));
        },
        what);

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            await owned.DisposeAsync();
        await _app.DisposeAsync();
        await Client.DisposeAsync();
        Http?.Dispose();
        Admin?.Dispose();
        _cache.Delete(recursive: true);
    }
}
