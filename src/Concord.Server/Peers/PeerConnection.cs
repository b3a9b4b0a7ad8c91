using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Concord.Server.Peers;

/// <summary>The other side does not want this connection, and says why.</summary>
internal sealed class PeerRefusedException(PeerRefusal refusal, string text) : IOException(text)
{
    public PeerRefusal Refusal { get; } = refusal;
}

/// <summary>
/// A connection to another member, blocking: the threads that use it have nothing else to do, and a thread that the kernel
/// wakes is quicker than one that a pool has to find. Disposing it from another thread ends whatever blocks.
/// </summary>
internal sealed class PeerConnection : IDisposable
{
    private readonly Socket _socket;

    private PeerConnection(Socket socket, Stream stream)
    {
        _socket = socket;
        Stream = stream;
        Reader = new(stream);
    }

    public Stream Stream { get; }

    /// <summary>Of the messages that the one who connected may send.</summary>
    public int Version { get; private set; }

    public FrameReader Reader { get; }

    /// <summary>
    /// Connects, and says what the connection is for. Tries the addresses of a host in order.
    /// </summary>
    /// <exception cref="PeerRefusedException">The other member does not want it.</exception>
    /// <exception cref="SocketException">Nobody there; <see cref="SocketError.ConnectionRefused"/> if the host says so.</exception>
    /// <exception cref="IOException">It broke meanwhile, or something else answers there.</exception>
    public static PeerConnection Open(Uri url, PeerHello hello, PeerOptions options, CancellationToken cancellation)
    {
        var socket = Connect(url, options.ConnectTimeout, cancellation);
        using var ending = cancellation.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        try
        {
            Tune(socket, options.HandshakeTimeout);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            stream = options.Tls?.Connect(stream, url.DnsSafeHost) ?? stream;
            var connection = new PeerConnection(socket, stream);
            var frame = new FrameBuffer();
            hello.Encode(frame);
            stream.Write(frame.Written);
            if (!connection.Reader.TryRead(out var answer))
            {
                throw new PeerProtocolException("the connection was closed without a word; does one side use TLS and the other not?");
            }

            var welcome = PeerWelcome.Decode(answer);
            if (welcome.Refusal != PeerRefusal.None)
            {
                throw new PeerRefusedException(welcome.Refusal, welcome.Text);
            }

            connection.Version = welcome.Version;
            return connection;
        }
        catch (AuthenticationException error)
        {
            socket.Dispose();
            throw new PeerProtocolException($"TLS: {error.Message}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes over a socket that was accepted, before anything was said.</summary>
    /// <exception cref="IOException">It broke, or does not speak TLS as it must.</exception>
    public static PeerConnection Accept(Socket socket, string address, PeerOptions options)
    {
        try
        {
            Tune(socket, options.HandshakeTimeout);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            return new(socket, options.Tls?.Accept(stream, address) ?? stream);
        }
        catch (AuthenticationException error)
        {
            socket.Dispose();
            throw new PeerProtocolException($"TLS: {error.Message}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Send(FrameBuffer frames) => Stream.Write(frames.Written);

    /// <summary>From now on a read waits as long as it takes: an idle connection is kept alive by TCP itself.</summary>
    public void ReadWithoutTimeout() => _socket.ReceiveTimeout = 0;

    public void ReadWithin(TimeSpan timeout) => _socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;

    /// <summary>The other side has closed it. Only for a side that expects nothing to read.</summary>
    public bool IsClosed
    {
        get
        {
            try
            {
                return _socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    public void Dispose()
    {
        // The socket first: a write that hangs holds the stream.
        _socket.Dispose();
        Stream.Dispose();
    }

    private static Socket Connect(Uri url, TimeSpan timeout, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(url.DnsSafeHost, out var address) ? [address] : Dns.GetHostAddresses(url.DnsSafeHost);
        SocketException? last = null;
        foreach (var candidate in addresses)
        {
            var socket = new Socket(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(timeout);
            try
            {
                // Blocking: a socket that was used asynchronously once never blocks in the kernel again.
                using (deadline.Token.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket))
                {
                    socket.Connect(candidate, url.Port);
                }

                return socket;
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                socket.Dispose();
                cancellation.ThrowIfCancellationRequested();
                last = error as SocketException is { } known && !deadline.IsCancellationRequested ? known : new SocketException((int)SocketError.TimedOut);
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>Keep-alive notices a host that vanished within some 8 s, also when nothing is sent to it.</summary>
    private static void Tune(Socket socket, TimeSpan timeout)
    {
        socket.NoDelay = true;
        socket.SendTimeout = (int)timeout.TotalMilliseconds;
        socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }
}
