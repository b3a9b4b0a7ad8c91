using Concord.Gossip;

namespace Concord.Members;

/// <summary>Why a datagram or a stream came to nothing; the label of metrics.</summary>
public enum GossipDrop
{
    /// <summary>Unopened: too many packets sealed under no known key came before it.</summary>
    Flood,

    /// <summary>The system did not take it.</summary>
    Send,

    /// <summary>What had to be sent did not fit a datagram.</summary>
    TooLarge,

    /// <summary>More streams, or bytes of streams, than are served at once.</summary>
    StreamsBusy,

    /// <summary>A stream took too long or broke.</summary>
    StreamFailed,

    /// <summary>A stream brought what nobody asks on one.</summary>
    StreamRefused,

    /// <summary>More work waited for the loop than may.</summary>
    Queue,

    /// <summary>A reader of events was too slow.</summary>
    Event,
}

/// <summary>What goes over the port, counted since the start. May be read by any thread.</summary>
public sealed class GossipTraffic
{
    private readonly long[] _refused = new long[Enum.GetValues<PacketRefusal>().Length];
    private readonly long[] _dropped = new long[Enum.GetValues<GossipDrop>().Length];
    private long _packetsIn, _packetsOut, _packetBytesIn, _packetBytesOut, _streamsIn, _streamsOut, _streamBytesIn, _streamBytesOut;

    public long PacketsReceived => Volatile.Read(ref _packetsIn);

    public long PacketsSent => Volatile.Read(ref _packetsOut);

    public long PacketBytesReceived => Volatile.Read(ref _packetBytesIn);

    public long PacketBytesSent => Volatile.Read(ref _packetBytesOut);

    /// <summary>Connections from others.</summary>
    public long StreamsReceived => Volatile.Read(ref _streamsIn);

    /// <summary>Connections to others.</summary>
    public long StreamsSent => Volatile.Read(ref _streamsOut);

    public long StreamBytesReceived => Volatile.Read(ref _streamBytesIn);

    public long StreamBytesSent => Volatile.Read(ref _streamBytesOut);

    /// <summary>Packets and frames that were none, by why.</summary>
    public long Refused(PacketRefusal why) => Volatile.Read(ref _refused[(int)why]);

    public long Dropped(GossipDrop why) => Volatile.Read(ref _dropped[(int)why]);

    internal void PacketReceived(int bytes)
    {
        Interlocked.Increment(ref _packetsIn);
        Interlocked.Add(ref _packetBytesIn, bytes);
    }

    internal void PacketSent(int bytes)
    {
        Interlocked.Increment(ref _packetsOut);
        Interlocked.Add(ref _packetBytesOut, bytes);
    }

    internal void StreamReceived() => Interlocked.Increment(ref _streamsIn);

    internal void StreamSent() => Interlocked.Increment(ref _streamsOut);

    internal void StreamBytes(int received, int sent)
    {
        Interlocked.Add(ref _streamBytesIn, received);
        Interlocked.Add(ref _streamBytesOut, sent);
    }

    internal void Refuse(PacketRefusal why) => Interlocked.Increment(ref _refused[(int)why]);

    internal void Drop(GossipDrop why) => Interlocked.Increment(ref _dropped[(int)why]);
}
