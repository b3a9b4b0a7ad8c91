using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members.Streams;
using Concord.Members.Wire;

namespace Concord.Members;

/// <summary>
/// The thread that owns a <see cref="GossipCore"/>: takes packets from the socket and answers them in place, and does what is due.
/// Nothing of it waits for the thread pool, a disk or a peer, so a starved pool or a full state under way does not make a healthy
/// member look dead. All else (streams, callers) leaves work in a bounded queue and wakes the loop by a datagram to itself, since a
/// thread can wait for sockets or for a queue, not for both.
/// </summary>
internal sealed class GossipLoop : IAsyncDisposable
{
    /// <summary>Work of streams and callers, which are far fewer; beyond it somebody asks too much and is told.</summary>
    private const int InboxMax = 1024;

    /// <summary>
    /// Packets taken before what is due is done. What had arrived while the process was held up comes first, or answers that are there
    /// are taken for missing; a flood must not put time off for ever.
    /// </summary>
    private const int PacketsPerRound = 4096;

    private const int WorkPerRound = 256;

    /// <summary>A loop that has nothing to wait for looks around once a second.</summary>
    private const long WaitMsMax = 1000;

    private readonly GossipPort _port;
    private readonly GossipCore _core;
    private readonly StreamContext _context;
    private readonly Action<GossipEvent, GossipCore> _happened;
    private readonly Action<StreamRequest> _request;
    private readonly Seal _seal;
    private readonly Thread _thread;
    private readonly Socket _wakeUp;
    private readonly ConcurrentQueue<Action<GossipCore, long>> _inbox = [];
    private readonly Dictionary<ulong, TaskCompletionSource<GossipMessage?>> _asked = [];
    private readonly ForgeryBudget _forgeries = new();
    private readonly HashSet<GossipAddress> _members = [];
    private readonly byte[] _received = new byte[PacketCodec.DatagramBytesMax + 1];
    private readonly byte[] _opened = new byte[PacketCodec.DatagramBytesMax + 1];
    private readonly byte[] _sealed = new byte[PacketCodec.DatagramBytesMax];
    private readonly ArrayBufferWriter<byte> _encoded = new(2048);
    private readonly List<GossipMessage> _messages = [];
    private readonly SocketAddress _sender;
    private readonly List<Socket> _ready = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;
    private int _isAwake;
    private volatile bool _stops;

    /// <param name="happened">Told on the loop's thread; must not wait.</param>
    /// <param name="request">Likewise.</param>
    public GossipLoop(GossipPort port, GossipCore core, StreamContext context, Action<GossipEvent, GossipCore> happened, Action<StreamRequest> request)
    {
        _port = port;
        _core = core;
        _context = context;
        _happened = happened;
        _request = request;
        _seal = new(context.Keys);
        _sender = new(port.Packets.AddressFamily);
        _wakeUp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        _wakeUp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _wakeUp.Connect(_wakeUp.LocalEndPoint!);
        _thread = new(Run) { IsBackground = true, Name = "concord gossip", Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Ends with the loop; with the fault if it was one.</summary>
    public Task Ended => _ended.Task;

    public static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    public void Start() => _thread.Start();

    public async ValueTask DisposeAsync()
    {
        _stops = true;
        Wake();
        await _ended.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Work for the loop; false if too much waits, or it has ended.</summary>
    public bool Post(Action<GossipCore, long> work)
    {
        if (Interlocked.Increment(ref _waiting) > InboxMax || _ended.Task.IsCompleted)
        {
            Interlocked.Decrement(ref _waiting);
            _context.Traffic.Drop(GossipDrop.Queue);
            return false;
        }

        _inbox.Enqueue(work);
        Wake();
        return true;
    }

    /// <summary>What another asked on a stream; null: nothing that is answered.</summary>
    public Task<GossipMessage?> AskedAsync(ulong connection, GossipMessage message)
    {
        var answer = new TaskCompletionSource<GossipMessage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isTaken = Post((core, now) =>
        {
            _asked.Add(connection, answer);
            core.StreamReceived(now, connection, message);
            Perform();

            // What was not answered by now never is.
            if (_asked.Remove(connection))
            {
                answer.SetResult(null);
            }
        });
        return isTaken ? answer.Task : Task.FromResult<GossipMessage?>(null);
    }

    /// <summary>One datagram is enough, however much waits.</summary>
    private void Wake()
    {
        if (Interlocked.Exchange(ref _isAwake, 1) == 1)
        {
            return;
        }

        try
        {
            _wakeUp.Send([1]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It looks around by itself, or has ended.
        }
    }

    private void Run()
    {
        try
        {
            while (!_stops)
            {
                Wait();
                TakePackets();
                DoWork();
                long now = Now;
                if (_core.NextDue <= now)
                {
                    _core.Advance(now);
                    Perform();
                }
            }

            _ended.SetResult();
        }
        catch (Exception e)
        {
            _context.Log.LoopFailed(e);
            _ended.SetException(e);
        }
        finally
        {
            // Whoever left work before it ended gets it done or is told.
            foreach (var answer in _asked.Values)
            {
                answer.TrySetResult(null);
            }

            _wakeUp.Dispose();
            _seal.Dispose();
        }
    }

    private void Wait()
    {
        long wait = Math.Clamp(_core.NextDue - Now, 0, WaitMsMax);
        if (!_inbox.IsEmpty)
        {
            wait = 0;
        }

        _ready.Clear();
        _ready.Add(_port.Packets);
        _ready.Add(_wakeUp);
        Socket.Select(_ready, null, null, (int)wait * 1000);
        if (_ready.Contains(_wakeUp))
        {
            Span<byte> one = stackalloc byte[8];
            _wakeUp.Receive(one, SocketFlags.None, out _);
        }

        // Before the inbox is looked at: what is left there after this wakes again.
        Interlocked.Exchange(ref _isAwake, 0);
    }

    private void DoWork()
    {
        for (int done = 0; done < WorkPerRound && _inbox.TryDequeue(out var work); done++)
        {
            Interlocked.Decrement(ref _waiting);
            work(_core, Now);
            Perform();
        }
    }

    private void TakePackets()
    {
        for (int taken = 0; taken < PacketsPerRound && _port.Packets.Poll(0, SelectMode.SelectRead); taken++)
        {
            int bytes;
            try
            {
                bytes = _port.Packets.ReceiveFrom(_received, SocketFlags.None, _sender);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
            {
                return;
            }
            catch (SocketException)
            {
                // Another host's refusal (ICMP) or a datagram that is too long, as some systems report them: of one datagram.
                _context.Traffic.Refuse(PacketRefusal.Size);
                continue;
            }

            _context.Traffic.PacketReceived(bytes);
            Take(_received.AsSpan(0, bytes), Addresses.Read(_sender));
        }
    }

    private void Take(ReadOnlySpan<byte> datagram, GossipAddress from)
    {
        long now = Now;
        bool isForgeryDear = _seal.Overhead > 0;
        if (isForgeryDear && _forgeries.IsSpent(now) && !_members.Contains(from))
        {
            _context.Traffic.Drop(GossipDrop.Flood);
            return;
        }

        var refusal = _seal.Open(datagram, _opened, out int length);
        if (refusal == PacketRefusal.None)
        {
            refusal = PacketCodec.Decode(_opened.AsSpan(0, length), _context.Cluster, PacketCodec.DatagramBytesMax, _messages);
        }
        else if (isForgeryDear)
        {
            _forgeries.Spend();
        }

        if (refusal != PacketRefusal.None)
        {
            _context.Traffic.Refuse(refusal);
            _context.RefusedFrom(refusal, from);
            return;
        }

        _core.Receive(now, from, _messages);
        Perform();
    }

    private void Note(GossipEvent happened)
    {
        switch (happened)
        {
            case GossipEvent.MemberJoined joined:
                _members.Add(joined.Member.Address);
                break;
            case GossipEvent.MemberUpdated updated:
                _members.Remove(updated.Before.Address);
                _members.Add(updated.Member.Address);
                break;
            case GossipEvent.MemberForgotten forgotten:
                _members.Remove(forgotten.Member.Address);
                break;
            default:
                break;
        }
    }

    private void Perform()
    {
        var effects = _core.TakeEffects();
        if (effects.IsEmpty)
        {
            return;
        }

        foreach (var packet in effects.Packets)
        {
            Send(packet);
        }

        foreach (var request in effects.StreamRequests)
        {
            _request(request);
        }

        foreach (var reply in effects.StreamReplies)
        {
            if (_asked.Remove(reply.Connection, out var answer))
            {
                answer.SetResult(reply.Message);
            }
        }

        foreach (var happened in effects.Events)
        {
            Note(happened);
            _happened(happened, _core);
        }
    }

    private void Send(OutgoingPacket packet)
    {
        _encoded.ResetWrittenCount();
        PacketCodec.Encode(_context.Cluster, packet.Messages, _encoded);
        int bytes = _encoded.WrittenCount + _seal.Overhead;
        if (bytes > _sealed.Length)
        {
            _context.Traffic.Drop(GossipDrop.TooLarge);
            return;
        }

        if (Addresses.Socket(packet.To, _port.Packets.AddressFamily) is not { } target)
        {
            _context.Traffic.Drop(GossipDrop.Send);
            return;
        }

        _seal.Close(_encoded.WrittenSpan, _sealed.AsSpan(0, bytes));
        try
        {
            _port.Packets.SendTo(_sealed.AsSpan(0, bytes), SocketFlags.None, target);
            _context.Traffic.PacketSent(bytes);
        }
        catch (SocketException)
        {
            // Full buffers, no route, a host that is not there: a datagram may be lost, and this one was.
            _context.Traffic.Drop(GossipDrop.Send);
        }
    }
}
