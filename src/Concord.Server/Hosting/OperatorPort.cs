using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Concord.Server.Hosting;

/// <summary>
/// Further addresses for operators' tools (<c>--listen-metrics-urls</c>): metrics and health, and nothing else, so that they may
/// be open to a network that must not reach the data.
/// </summary>
internal sealed class OperatorPort
{
    /// <summary>Marks an endpoint that is served there.</summary>
    public static readonly OperatorPort Served = new();

    private OperatorPort()
    {
    }

    public static void Listen(KestrelServerOptions kestrel, Uri url)
    {
        if (url.Host == "localhost")
        {
            kestrel.ListenLocalhost(url.Port, Configure);
        }
        else
        {
            kestrel.Listen(IPAddress.Parse(url.DnsSafeHost), url.Port, Configure);
        }
    }

    /// <summary>A step of the request's way, after routing.</summary>
    public static RequestDelegate Guard(RequestDelegate next) => context =>
    {
        if (context.Features.Get<OperatorPort>() is null || context.GetEndpoint()?.Metadata.GetMetadata<OperatorPort>() is not null)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    };

    private static void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(static next => connection =>
        {
            connection.Features.Set(Served);
            return next(connection);
        });
    }
}
