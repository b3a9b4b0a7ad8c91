using System.Net;
using System.Net.Sockets;

namespace Concord.Tests.Peers;

/// <summary>Passes connections on to a port, and cuts the first ones after some bytes.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<long> _cuts;
    private readonly Task _accepting;
    private readonly int _port;

    /// <param name="cuts">How many bytes towards the port the first connections live for.</param>
    public CuttingProxy(int port, params long[] cuts)
    {
        _port = port;
        _cuts = new(cuts);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Task.WhenAny(_accepting);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var from = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = PassAsync(from, _cuts.TryDequeue(out var cut) ? cut : long.MaxValue);
        }
    }

    private async Task PassAsync(TcpClient from, long left)
    {
        using (from)
        using (var to = new TcpClient())
        {
            await to.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            var back = to.GetStream().CopyToAsync(from.GetStream(), _stop.Token);
            var buffer = new byte[16 << 10];
            while (left > 0)
            {
                var read = await from.GetStream().ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), _stop.Token);
                if (read == 0)
                {
                    break;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                left -= read;
            }

            from.Client.Shutdown(SocketShutdown.Receive);
            to.Client.Shutdown(SocketShutdown.Send);
            await Task.WhenAny(back);
        }
    }
}
