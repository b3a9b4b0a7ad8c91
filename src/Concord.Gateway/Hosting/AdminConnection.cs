using Microsoft.AspNetCore.Connections;

namespace Concord.Gateway.Hosting;

/// <summary>Marks connections to the address for health and metrics, so that requests are told apart by where they came in rather than by what they say.</summary>
internal sealed class AdminConnection
{
    private static readonly AdminConnection It = new();

    public static ConnectionDelegate Mark(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(It);
        return next(connection);
    };
}
