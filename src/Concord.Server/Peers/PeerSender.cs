using System.Net.Sockets;
using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>
/// The messages to one other member: a queue, and a thread that keeps a connection and sends everything that waits in one
/// write. What is lost is not sent again: Raft repeats its own, and a call must not be made twice.
/// </summary>
internal sealed class PeerSender : IDisposable
{
    /// <summary>The ends of a process' connections are not all seen in the same moment.</summary>
    private static readonly TimeSpan SuspicionTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SuspicionInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long the end waits for what was left to be sent: a local network takes it in a moment, and nobody waits for more.
    /// </summary>
    private static readonly TimeSpan LastWordsTime = TimeSpan.FromMilliseconds(200);

    private readonly PeerOptions _options;
    private readonly MemberId _member;
    private readonly PeerTraffic _traffic;
    private readonly Action<MemberId, PeerEvent> _report;
    private readonly PeerLog _events;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();

    private readonly object _lock = new();
    private List<PeerMessage> _waiting = [];
    private long _waitingBytes;
    private bool _isSleeping;
    private bool _isMoved;
    private bool _isEnding;

    /// <summary>Until then the connection is looked at again and again; 0 when there is no suspicion.</summary>
    private long _suspectUntil;
    private bool _isDropping;
    private IReadOnlyList<string> _urls;
    private volatile PeerConnection? _connection;

    // Of the thread alone.
    private List<PeerMessage> _sending = [];
    private readonly FrameBuffer _frames = new();
    private string? _lastProblem;
    private TimeSpan _retry;

    /// <param name="report">Told of what happens to the connection, on the sender's thread or a caller's.</param>
    public PeerSender(PeerOptions options, MemberId member, IReadOnlyList<string> urls, PeerTraffic traffic, Action<MemberId, PeerEvent> report, PeerLog events)
    {
        _options = options;
        _member = member;
        _traffic = traffic;
        _urls = urls;
        _report = report;
        _events = events;
        _retry = options.RetryMin;
        _thread = new Thread(Run) { IsBackground = true, Name = $"concord to {member}" };
        _thread.Start();
    }

    public bool IsConnected => _connection is not null;

    public bool Understands(PeerMessage message) => _connection is { } connection && PeerCodec.Since(message) <= connection.Version;

    /// <summary>Moves the connection if the member is somewhere else now.</summary>
    public void MoveTo(IReadOnlyList<string> urls)
    {
        lock (_lock)
        {
            if (urls.Count == 0 || _urls.SequenceEqual(urls))
            {
                return;
            }

            _urls = urls;
            _isMoved = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>
    /// Leaves a message for the next <see cref="Flush"/>; false if it was dropped, because there is no connection or too much
    /// waits for it.
    /// </summary>
    public bool Add(PeerMessage message, int bytes)
    {
        lock (_lock)
        {
            if (_connection is null || (_waitingBytes > 0 && _waitingBytes + bytes > _options.QueueBytesMax))
            {
                _traffic.SendFailed();
                if (!_isDropping)
                {
                    _isDropping = true;
                    _report(_member, PeerEvent.MessagesLost);
                }

                return false;
            }

            _isDropping = false;
            _waiting.Add(message);
            _waitingBytes += bytes;
            return true;
        }
    }

    /// <summary>Sends what was left. Costs nothing if there is nothing, or the thread is at it already.</summary>
    public void Flush()
    {
        if (Volatile.Read(ref _isSleeping))
        {
            lock (_lock)
            {
                if (_isSleeping && _waiting.Count > 0)
                {
                    _isSleeping = false;
                    Monitor.Pulse(_lock);
                }
            }
        }
    }

    /// <summary>
    /// The member's own connection to here has ended. If its process is gone, so is the other end of ours: find out now and
    /// not at the next message.
    /// </summary>
    public void Suspect()
    {
        lock (_lock)
        {
            _suspectUntil = Environment.TickCount64 + (long)SuspicionTime.TotalMilliseconds;
            _isSleeping = false;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Sends what waits and ends the connection.</summary>
    public void Dispose()
    {
        bool hasMore;
        lock (_lock)
        {
            _isEnding = true;
            hasMore = _connection is not null;
            Monitor.Pulse(_lock);
        }

        if (hasMore && Thread.CurrentThread != _thread)
        {
            _thread.Join(LastWordsTime);
        }

        _stop.Cancel();
        lock (_lock)
        {
            _connection?.Dispose();
            Monitor.Pulse(_lock);
        }

        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested && !Volatile.Read(ref _isEnding))
        {
            if (Connect() is not { } connection)
            {
                Pause();
                continue;
            }

            try
            {
                SendAll(connection);
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
            {
                Lost(error);
            }

            connection.Dispose();
        }
    }

    private PeerConnection? Connect()
    {
        IReadOnlyList<string> urls;
        lock (_lock)
        {
            urls = _urls;
            _isMoved = false;
        }

        var refusals = 0;
        foreach (var url in urls)
        {
            try
            {
                var hello = new PeerHello(
                    _options.Versions, PeerLane.Messages, _options.Identity.ClusterId, new(_options.Identity.MemberId), _member,
                    _options.Identity.Name, _options.AdvertiseUrls)
                {
                    GossipAddress = _options.GossipAddress,
                };
                var connection = PeerConnection.Open(new(url), hello, _options, _stop.Token);
                Connected(connection, url);
                return connection;
            }
            catch (PeerRefusedException refusal)
            {
                Problem($"{url} refused this member: {refusal.Message}");
                _report(_member, refusal.Refusal == PeerRefusal.Removed ? PeerEvent.Removed : PeerEvent.Unreachable);
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
            {
                refusals += error is SocketException { SocketErrorCode: SocketError.ConnectionRefused } ? 1 : 0;
                Problem($"{url}: {error.Message}");
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }

        if (refusals == urls.Count && refusals > 0)
        {
            _report(_member, PeerEvent.ConnectionRefused);
        }

        return null;
    }

    private void Connected(PeerConnection connection, string url)
    {
        lock (_lock)
        {
            _connection = connection;
            _suspectUntil = 0;
            _isDropping = false;
            if (_stop.IsCancellationRequested)
            {
                connection.Dispose();
            }
        }

        _lastProblem = null;
        _retry = _options.RetryMin;
        _events.Connected(_member.ToString(), url);
        _report(_member, PeerEvent.Connected);
    }

    private void SendAll(PeerConnection connection)
    {
        while (Take(connection))
        {
            foreach (var message in _sending)
            {
                if (PeerCodec.Since(message) <= connection.Version)
                {
                    PeerCodec.Encode(message, _frames);
                }
            }

            _sending.Clear();
            connection.Send(_frames);
            _traffic.Sent(_frames.Written.Length);
            _frames.Clear();
        }
    }

    /// <summary>Waits for messages; false when it is time to end, or the connection has.</summary>
    private bool Take(PeerConnection connection)
    {
        lock (_lock)
        {
            while (_waiting.Count == 0)
            {
                if (_stop.IsCancellationRequested || _isEnding)
                {
                    return false;
                }

                if (_isMoved)
                {
                    throw new PeerProtocolException("the member has another address now");
                }

                var isSuspect = _suspectUntil > Environment.TickCount64;
                if (isSuspect && connection.IsClosed)
                {
                    throw new PeerProtocolException("the other side closed the connection");
                }

                _isSleeping = true;
                Monitor.Wait(_lock, isSuspect ? SuspicionInterval : Timeout.InfiniteTimeSpan);
                _isSleeping = false;
            }

            (_waiting, _sending) = (_sending, _waiting);
            _waitingBytes = 0;
            return true;
        }
    }

    private void Lost(Exception error)
    {
        lock (_lock)
        {
            _connection = null;
            _waiting.Clear();
            _waitingBytes = 0;
        }

        _sending.Clear();
        _frames.Clear();
        _traffic.Disconnected();
        if (!_stop.IsCancellationRequested && !Volatile.Read(ref _isEnding))
        {
            Problem($"the connection was lost: {error.Message}");
            _report(_member, PeerEvent.ConnectionLost);
        }
    }

    /// <summary>The first of a row of equal problems is worth a line.</summary>
    private void Problem(string problem)
    {
        if (problem != _lastProblem && !_stop.IsCancellationRequested)
        {
            _lastProblem = problem;
            _events.CannotReach(_member.ToString(), problem);
        }
    }

    private void Pause()
    {
        var pause = _retry * (0.5 + 0.5 * Random.Shared.NextDouble());
        _retry = _retry * 2 < _options.RetryMax ? _retry * 2 : _options.RetryMax;
        _stop.Token.WaitHandle.WaitOne(pause);
    }
}
