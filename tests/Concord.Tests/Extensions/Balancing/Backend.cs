using Concord.Client.Registry;
using Concord.Tests.Client.Balancing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Extensions.Balancing;

/// <summary>An instance that is really called: a web server on a free port that answers with its id.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private Backend(string id, WebApplication app) => (Id, _app) = (id, app);

    public string Id { get; }

    public int Port { get; private set; }

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What it does before it answers; it may answer itself.</summary>
    public Func<HttpContext, Task> Does { get; set; } = _ => Task.CompletedTask;

    public static async Task<Backend> StartAsync(string id, bool http2 = false, Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = http2 ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.Logging.ClearProviders();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        var backend = new Backend(id, app);
        if (map is null)
        {
            app.Run(async context =>
            {
                Interlocked.Increment(ref backend._calls);
                await backend.Does(context);
                if (!context.Response.HasStarted)
                    await context.Response.WriteAsync($"{id} {context.Request.Host} {context.Request.Path}");
            });
        }
        else
        {
            map(app);
        }

        await app.StartAsync();
        backend.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return backend;
    }

    public ServiceInstance Instance(string zone = "", long generation = 1, string scheme = "http", InstanceState state = InstanceState.Passing) =>
        Fleet.Instance(Id, zone: zone, generation: generation, state: state, endpoints: new ServiceEndpoint(scheme, "127.0.0.1", Port));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
