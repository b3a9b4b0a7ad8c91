using Concord.Tests.Configs.Rest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Gateway;

/// <summary>A service that answers with what a function makes of the request.</summary>
internal sealed class TestBackend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private TestBackend(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(context =>
        {
            Interlocked.Increment(ref _calls);
            return answer(context);
        });
    }

    public Uri Url => new(_app.Urls.First());

    public int Calls => Volatile.Read(ref _calls);

    public static async Task<TestBackend> StartAsync(RequestDelegate answer)
    {
        var backend = new TestBackend(answer);
        await backend._app.StartAsync(RestServer.Patience);
        return backend;
    }

    /// <summary>Says its name, and what it was asked for.</summary>
    public static Task<TestBackend> StartAsync(string name) => StartAsync(
        context => context.Response.WriteAsync($"{name} {context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers["x-from"]}"));

    /// <summary>No connection comes about any more.</summary>
    public Task StopAsync() => _app.StopAsync(RestServer.Patience);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
