using System.Net;
using Concord.Benchmarks.Http2;

namespace Concord.Benchmarks.Load;

/// <summary>The connections of a run; clients are spread over them evenly.</summary>
internal sealed class ConnectionPool : IAsyncDisposable
{
    /// <summary>Above this many, connections are made with small buffers.</summary>
    private const int FewConnections = 64;

    private readonly List<Http2Connection> _connections = [];

    public int Count => _connections.Count;

    public Http2Connection this[int client] => _connections[client % _connections.Count];

    public static async Task<ConnectionPool> OpenAsync(DnsEndPoint endpoint, int connections, CancellationToken cancellation)
    {
        var pool = new ConnectionPool();
        try
        {
            while (pool.Count < connections)
            {
                pool._connections.Add(await Http2Connection.ConnectAsync(endpoint, connections > FewConnections, cancellation));
            }

            return pool;
        }
        catch
        {
            await pool.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a pool for that many calls at a time; 0 connections is as few as the server allows, but at least 8.</summary>
    /// <exception cref="ArgumentException">The server does not allow that many calls on so few connections.</exception>
    public static async Task<ConnectionPool> OpenForStreamsAsync(DnsEndPoint endpoint, int streams, int connections, CancellationToken cancellation)
    {
        const int ConnectionsDefault = 8;
        // One stream of each connection stays free for calls beside the streams.
        const int Spare = 1;
        long perConnection;
        await using (var first = await Http2Connection.ConnectAsync(endpoint, isOneOfMany: true, cancellation))
        {
            perConnection = Math.Max(1, first.MaxConcurrentStreams - Spare);
        }

        var needed = (int)((streams + perConnection - 1) / perConnection);
        if (connections != 0 && connections < needed)
        {
            throw new ArgumentException(
                $"The server allows {perConnection + Spare} streams per connection, so {streams} streams need --connections {needed} or more, not {connections}.");
        }

        return await OpenAsync(endpoint, connections != 0 ? connections : Math.Max(needed, Math.Min(ConnectionsDefault, streams)), cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }
}
