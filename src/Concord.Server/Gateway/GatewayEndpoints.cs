using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>
/// etcd's API as JSON over HTTP, for scripts and for languages without gRPC: POST, original field names, bytes in base64,
/// 64-bit numbers as strings. Every call is made to this server's own gRPC API, so what holds there holds here.
/// </summary>
internal static class GatewayEndpoints
{
    public static IServiceCollection AddGateway(this IServiceCollection services) => services.AddSingleton<GatewayChannel>();

    public static WebApplication MapGateway(this WebApplication app)
    {
        app.UseWebSockets();
        foreach (var (path, method) in GatewayRoutes.All)
        {
            var route = new GatewayMethod(method, app.Services.GetRequiredService<GatewayChannel>());
            app.MapPost(path, (RequestDelegate)(http => route.AnswerAsync(http, new HttpExchange(http))));
            app.MapGet(path, (RequestDelegate)(http => AnswerGetAsync(route, http)));
        }

        app.Map("/v3/{**rest}", static (HttpContext http) => new HttpExchange(http).FailAsync(new Status(StatusCode.NotFound, "Not Found")));
        return app;
    }

    /// <summary>A browser cannot post and read a stream at once; a web socket can, and begins with GET.</summary>
    private static async Task AnswerGetAsync(GatewayMethod route, HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await new HttpExchange(http).FailAsync(new Status(StatusCode.Unimplemented, "Method Not Allowed"));
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await route.AnswerAsync(http, new WebSocketExchange(socket));
    }
}
