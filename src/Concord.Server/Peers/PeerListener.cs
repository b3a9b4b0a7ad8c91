using System.Net;
using System.Net.Sockets;
using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>What a listener does with what comes over its connections. Called on the connections' threads.</summary>
/// <param name="Refuse">Why a connection is not wanted, or null.</param>
/// <param name="Answer">Answers a question about the members.</param>
/// <param name="Connected">Another member connected; told where it can be reached.</param>
/// <param name="Received">Messages in order and their bytes; blocks while too much waits.</param>
/// <param name="Ended">The connection from a member ended.</param>
/// <param name="Snapshot">Takes a snapshot from the connection, to its end.</param>
internal sealed record PeerHandlers(
    Func<PeerHello, PeerWelcome?> Refuse,
    Func<ClusterFacts> Answer,
    Action<PeerHello> Connected,
    Action<MemberId, List<PeerMessage>, long> Received,
    Action<MemberId> Ended,
    Action<MemberId, PeerConnection> Snapshot);

/// <summary>Takes connections on the peer addresses, a thread for each connection.</summary>
internal sealed class PeerListener : IDisposable
{
    /// <summary>Two for each of the most members there can be, and questions; beyond this somebody is mistaken or hostile.</summary>
    private const int ConnectionsMax = 256;

    /// <summary>After the system had no file descriptor left, for example.</summary>
    private static readonly TimeSpan AcceptRetry = TimeSpan.FromMilliseconds(100);

    private readonly PeerOptions _options;
    private readonly PeerHandlers _handlers;
    private readonly PeerLog _events;
    private readonly List<(Socket Socket, Thread Thread)> _listeners = [];
    private readonly Dictionary<Thread, Socket> _connections = [];
    private readonly Dictionary<Thread, MemberId> _members = [];
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _stopped = new();

    /// <exception cref="SocketException">An address cannot be bound.</exception>
    public PeerListener(PeerOptions options, PeerHandlers handlers, PeerLog events)
    {
        _options = options;
        _handlers = handlers;
        _events = events;
        try
        {
            foreach (var url in options.ListenUrls)
            {
                foreach (var address in AddressesOf(url))
                {
                    Bind(address, url.Port);
                }
            }
        }
        catch
        {
            _listeners.ForEach(listener => listener.Socket.Dispose());
            throw;
        }

        Endpoints = [.. _listeners.Select(listener => (IPEndPoint)listener.Socket.LocalEndPoint!)];
    }

    /// <summary>The addresses that are bound, with real ports.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; }

    public void Start()
    {
        foreach (var (_, thread) in _listeners)
        {
            thread.Start();
        }

        _events.Listening(string.Join(' ', Endpoints));
    }

    public void Dispose()
    {
        Thread[] threads;
        lock (_lock)
        {
            _stopped.Set();
            foreach (var (socket, _) in _listeners)
            {
                socket.Dispose();
            }

            foreach (var connection in _connections.Values)
            {
                connection.Dispose();
            }

            threads = [.. _connections.Keys, .. _listeners.Select(listener => listener.Thread)];
        }

        foreach (var thread in threads.Where(thread => (thread.ThreadState & ThreadState.Unstarted) == 0))
        {
            thread.Join();
        }

        _stopped.Dispose();
    }

    /// <summary>Ends what these members have connected; they may try again and are judged anew.</summary>
    public void Close(IReadOnlySet<MemberId> members)
    {
        lock (_lock)
        {
            foreach (var (thread, member) in _members)
            {
                if (members.Contains(member) && _connections.TryGetValue(thread, out var socket))
                {
                    socket.Dispose();
                }
            }
        }
    }

    private static IPAddress[] AddressesOf(Uri url) =>
        url.Host != "localhost" ? [IPAddress.Parse(url.DnsSafeHost)]
        : Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
        : [IPAddress.Loopback];

    private void Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listeners.Add((socket, new Thread(() => Accept(socket)) { IsBackground = true, Name = "concord peer port" }));
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen();
    }

    private void Accept(Socket listener)
    {
        while (!_stopped.IsSet)
        {
            try
            {
                Begin(listener.Accept());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                if (!_stopped.IsSet)
                {
                    _events.CannotAccept(error.Message);
                    _stopped.Wait(AcceptRetry);
                }
            }
        }
    }

    private void Begin(Socket socket)
    {
        lock (_lock)
        {
            if (_stopped.IsSet || _connections.Count >= ConnectionsMax)
            {
                socket.Dispose();
                return;
            }

            var thread = new Thread(() => Serve(socket)) { IsBackground = true, Name = "concord peer" };
            _connections.Add(thread, socket);
            thread.Start();
        }
    }

    private void Serve(Socket socket)
    {
        var address = socket.RemoteEndPoint?.ToString() ?? "?";
        try
        {
            using var connection = PeerConnection.Accept(socket, address, _options);
            Serve(connection, address);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            if (!_stopped.IsSet)
            {
                _events.Refused(address, error.Message);
            }
        }
        finally
        {
            lock (_lock)
            {
                _connections.Remove(Thread.CurrentThread);
                _members.Remove(Thread.CurrentThread);
            }
        }
    }

    private void Serve(PeerConnection connection, string address)
    {
        if (!connection.Reader.TryRead(out var first))
        {
            return;
        }

        var hello = PeerHello.Decode(first);
        lock (_lock)
        {
            // Before it is judged: whoever is removed in this moment is refused, or closed.
            _members[Thread.CurrentThread] = hello.From;
        }

        var frame = new FrameBuffer();
        if (_handlers.Refuse(hello) is { } refusal)
        {
            refusal.Encode(frame);
            connection.Send(frame);
            _events.Refused(address, refusal.Text);
            return;
        }

        new PeerWelcome(PeerRefusal.None, "", _options.Versions.CommonWith(hello.Versions) ?? 0).Encode(frame);
        if (hello.Lane == PeerLane.Question)
        {
            _handlers.Answer().Encode(frame);
            connection.Send(frame);
            return;
        }

        if (hello.Lane == PeerLane.Messages)
        {
            // Before the welcome: whoever got it must be answered, and its address may be news.
            _handlers.Connected(hello);
        }

        connection.Send(frame);
        if (hello.Lane == PeerLane.Snapshot)
        {
            _handlers.Snapshot(hello.From, connection);
            return;
        }

        _events.Accepted(hello.From.ToString(), hello.Name, address);
        Receive(connection, hello.From);
    }

    private void Receive(PeerConnection connection, MemberId from)
    {
        var reason = "it was closed";
        try
        {
            connection.ReadWithoutTimeout();
            var batch = new List<PeerMessage>();
            while (connection.Reader.TryRead(out var payload))
            {
                long bytes = payload.Length;
                batch.Add(PeerCodec.Decode(from, payload));
                while (connection.Reader.HasFrame && connection.Reader.TryRead(out payload))
                {
                    bytes += payload.Length;
                    batch.Add(PeerCodec.Decode(from, payload));
                }

                _handlers.Received(from, batch, bytes);
                batch = [];
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            reason = error.Message;
        }

        if (!_stopped.IsSet)
        {
            _events.Ended(from.ToString(), reason);
            _handlers.Ended(from);
        }
    }
}
