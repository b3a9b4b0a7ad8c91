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
        foreach (var route in GatewayRoutes.All)
        {
            var method = new Lazy<GatewayMethod>(() => new(route.Describe(), app.Services.GetRequiredService<GatewayChannel>()));
            app.MapPost(route.Path, (RequestDelegate)(http => method.Value.AnswerAsync(http, new HttpExchange(http))));
            app.MapGet(route.Path, (RequestDelegate)(http => AnswerGetAsync(method, http)));
        }

        app.Map("/v3/{**rest}", static (HttpContext http) => new HttpExchange(http).FailAsync(new Status(StatusCode.NotFound, "Not Found")));
        return app;
    }

    /// <summary>A browser cannot post and read a stream at once; a web socket can, and begins with GET.</summary>
    private static async Task AnswerGetAsync(Lazy<GatewayMethod> method, HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await new HttpExchange(http).FailAsync(new Status(StatusCode.Unimplemented, "Method Not Allowed"));
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await method.Value.AnswerAsync(http, new WebSocketExchange(socket));
    }
}
