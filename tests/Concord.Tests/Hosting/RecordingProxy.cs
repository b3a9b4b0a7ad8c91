using System.Net;
using System.Net.Sockets;

namespace Concord.Tests.Hosting;

/// <summary>Passes one connection on to a port of this machine, and keeps what the client sent.</summary>
internal sealed class RecordingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly MemoryStream _sent = new();
    private readonly TcpClient _server = new();
    private TcpClient? _client;

    public RecordingProxy(int port)
    {
        _listener.Start();
        _ = RunAsync(port);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public byte[] Bytes
    {
        get
        {
            lock (_sent)
            {
                return _sent.ToArray();
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _server.Dispose();
        _client?.Dispose();
    }

    private async Task RunAsync(int port)
    {
        _client = await _listener.AcceptTcpClientAsync();
        await _server.ConnectAsync(IPAddress.Loopback, port);
        await Task.WhenAny(
            PassAsync(_client.GetStream(), _server.GetStream(), isKept: true),
            PassAsync(_server.GetStream(), _client.GetStream(), isKept: false));
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, bool isKept)
    {
        var buffer = new byte[8192];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            if (isKept)
            {
                lock (_sent)
                {
                    _sent.Write(buffer, 0, count);
                }
            }

            await to.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
