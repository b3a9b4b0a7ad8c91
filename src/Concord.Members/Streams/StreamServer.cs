using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members.Keys;
using Concord.Members.Wire;

namespace Concord.Members.Streams;

/// <summary>Takes connections: full states, probes that no packet reaches, and what concerns the keyring.</summary>
internal sealed class StreamServer : IAsyncDisposable
{
    /// <summary>At once; memberlist's limit for full states.</summary>
    private const int StreamsMax = 128;

    /// <summary>From one address, so that one host cannot keep all others out. Many members may share a host.</summary>
    private const int PerHostMax = 48;

    /// <summary>Frames on one connection: a challenge and a request are two.</summary>
    private const int FramesMax = 4;

    /// <summary>After the system had no file descriptor left, for example.</summary>
    private static readonly TimeSpan AcceptRetry = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly GossipLoop _loop;
    private readonly StreamContext _context;
    private readonly KeyringDesk? _keyring;
    private readonly StreamBudget _budget = new();
    private readonly ConcurrentDictionary<IPAddress, int> _hosts = [];
    private readonly CancellationTokenSource _stopping = new();
    private int _open;
    private long _connection;
    private Task _accepting = Task.CompletedTask;

    public StreamServer(Socket listener, GossipLoop loop, StreamContext context, KeyringDesk? keyring)
    {
        _listener = listener;
        _loop = loop;
        _context = context;
        _keyring = keyring;
    }

    /// <summary>What strangers make this process hold.</summary>
    public long HeldBytes => _budget.Taken;

    /// <summary>Connections that are served now.</summary>
    public int Open => Volatile.Read(ref _open);

    public void Start() => _accepting = Task.Run(AcceptAsync);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var stop = _stopping.Token;
        while (!stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(stop).ConfigureAwait(false);
            }
            catch (Exception e) when (stop.IsCancellationRequested && e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                _context.Log.AcceptFailed(e);
                await Task.Delay(AcceptRetry, CancellationToken.None).ConfigureAwait(false);
                continue;
            }

            _context.Traffic.StreamReceived();
            var host = (socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
            int open = Interlocked.Increment(ref _open);
            int fromHost = _hosts.AddOrUpdate(host, 1, static (_, count) => count + 1);
            if (open > StreamsMax || fromHost > PerHostMax)
            {
                _context.Traffic.Drop(GossipDrop.StreamsBusy);
                socket.Dispose();
                Closed(host);
                continue;
            }

            _ = ServeAsync(socket, host, stop);
        }
    }

    private void Closed(IPAddress host)
    {
        Interlocked.Decrement(ref _open);
        while (_hosts.TryGetValue(host, out int count))
        {
            // Compared and exchanged, for others count at the same time.
            if (count > 1 ? _hosts.TryUpdate(host, count - 1, count) : _hosts.TryRemove(new(host, count)))
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket, IPAddress host, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_context.Timeout);
        using var seal = new Seal(_context.Keys);
        byte[]? challenge = null;
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            for (int frames = 0; frames < FramesMax; frames++)
            {
                using var share = _budget.Open();
                var (frame, bytes) = await StreamFrame.ReadAsync(stream, seal, share, patience.Token).ConfigureAwait(false);
                _context.Traffic.StreamBytes(bytes, 0);
                if (frame is not { } asked)
                {
                    return;
                }

                var answer = asked.Kind switch
                {
                    FrameKind.Message => await AnswerAsync(asked.Body, patience.Token).ConfigureAwait(false),
                    FrameKind.KeyringHello when _keyring is not null => new Frame(FrameKind.KeyringChallenge, challenge = KeyringWire.Challenge()),
                    FrameKind.KeyringRequest when _keyring is not null && challenge is not null => new Frame(FrameKind.KeyringAnswer, _keyring.Answer(asked.Body, challenge)),
                    _ => null as Frame?,
                };
                if (answer is not { } given)
                {
                    _context.Traffic.Drop(GossipDrop.StreamRefused);
                    return;
                }

                _context.Traffic.StreamBytes(0, await StreamFrame.WriteAsync(stream, seal, given.Kind, given.Body, patience.Token).ConfigureAwait(false));
            }
        }
        catch (StreamRefusedException e)
        {
            if (e.Refusal == PacketRefusal.None)
            {
                _context.Traffic.Drop(GossipDrop.StreamsBusy);
            }
            else
            {
                _context.Traffic.Refuse(e.Refusal);
                _context.RefusedFrom(e.Refusal, host);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _context.Traffic.Drop(GossipDrop.StreamFailed);
        }
        finally
        {
            socket.Dispose();
            Closed(host);
        }
    }

    private async Task<Frame?> AnswerAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var messages = new List<GossipMessage>();
        var refusal = PacketCodec.Decode(body.Span, _context.Cluster, StreamFrame.BytesMax, messages);
        if (refusal != PacketRefusal.None || messages.Count != 1)
        {
            throw new StreamRefusedException(refusal == PacketRefusal.None ? PacketRefusal.Content : refusal, "no message of this group");
        }

        var answer = await _loop.AskedAsync((ulong)Interlocked.Increment(ref _connection), messages[0]).WaitAsync(cancellation).ConfigureAwait(false);
        return answer is null ? null : new Frame(FrameKind.Message, _context.Encode(answer));
    }
}

/// <summary>What both sides of streams share.</summary>
internal sealed class StreamContext(ulong cluster, TimeSpan timeout, Func<GossipKeys?> keys, GossipTraffic traffic, GossipLog log)
{
    /// <summary>Between two lines about the same: a flood of garbage must not become a flood of lines.</summary>
    private const long QuietMs = 60_000;

    private readonly long[] _said = [.. Enum.GetValues<PacketRefusal>().Select(static _ => -QuietMs)];

    public ulong Cluster => cluster;

    public TimeSpan Timeout => timeout;

    public Func<GossipKeys?> Keys => keys;

    public GossipTraffic Traffic => traffic;

    public GossipLog Log => log;

    public ReadOnlyMemory<byte> Encode(GossipMessage message)
    {
        var output = new ArrayBufferWriter<byte>(PacketCodec.HeaderBytes + PacketCodec.SizeOf(message));
        PacketCodec.Encode(cluster, [message], output);
        return output.WrittenMemory;
    }

    /// <summary>Says now and then what is refused and from where; how often is in the counters.</summary>
    public void RefusedFrom(PacketRefusal why, object from)
    {
        ref long said = ref _said[(int)why];
        long before = Volatile.Read(ref said), now = Environment.TickCount64;
        if (now - before >= QuietMs && Interlocked.CompareExchange(ref said, now, before) == before)
        {
            log.Refused(from, why);
        }
    }
}
