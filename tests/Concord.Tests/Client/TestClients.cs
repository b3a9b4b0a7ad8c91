using Concord.Client;
using Concord.Client.Configs;

namespace Concord.Tests.Client;

internal static class TestClients
{
    public static ConfigurationView Orders { get; } = new("orders", "dev");

    /// <summary>Quick to come back, and with the endpoints in the order given.</summary>
    public static ConcordClientOptions Options(params Uri[] endpoints) => new()
    {
        Endpoints = endpoints,
        SpreadOverEndpoints = false,
        BackoffMin = TimeSpan.FromMilliseconds(5),
        BackoffMax = TimeSpan.FromMilliseconds(50),
    };

    /// <summary>An address that refuses connections: a port that was free a moment ago.</summary>
    public static Uri Dead()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}");
    }
}
