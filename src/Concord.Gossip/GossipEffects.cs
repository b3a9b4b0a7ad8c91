namespace Concord.Gossip;

/// <summary>
/// What the host has to do after an input. The order of the lists does not matter to the protocol. The object and its
/// lists are used again by a later <see cref="GossipCore.TakeEffects"/>; what is in them is immutable and may be kept.
/// </summary>
public sealed class GossipEffects
{
    /// <summary>Lists that grew beyond this are given back: a join brings thousands of events once.</summary>
    private const int KeptMax = 64;

    internal List<OutgoingPacket> PacketsList { get; } = [];

    internal List<StreamRequest> StreamRequestsList { get; } = [];

    internal List<StreamReply> StreamRepliesList { get; } = [];

    internal List<GossipEvent> EventsList { get; } = [];

    /// <summary>One datagram each, at once.</summary>
    public IReadOnlyList<OutgoingPacket> Packets => PacketsList;

    public IReadOnlyList<StreamRequest> StreamRequests => StreamRequestsList;

    public IReadOnlyList<StreamReply> StreamReplies => StreamRepliesList;

    public IReadOnlyList<GossipEvent> Events => EventsList;

    public bool IsEmpty => PacketsList.Count == 0 && StreamRequestsList.Count == 0 && StreamRepliesList.Count == 0 && EventsList.Count == 0;

    internal void Clear()
    {
        Clear(PacketsList);
        Clear(StreamRequestsList);
        Clear(StreamRepliesList);
        Clear(EventsList);
    }

    private static void Clear<T>(List<T> list)
    {
        list.Clear();
        if (list.Capacity > KeptMax)
        {
            list.Capacity = 0;
        }
    }
}

/// <param name="Messages">All in one datagram.</param>
/// <param name="Bytes">Size by <see cref="PacketCodec"/>, before encryption.</param>
public readonly record struct OutgoingPacket(GossipAddress To, IReadOnlyList<GossipMessage> Messages, int Bytes);

/// <summary>
/// Connect, send the message, and give the answer to <see cref="GossipCore.StreamAnswered"/>, or say
/// <see cref="GossipCore.StreamFailed"/>. An answer later than <see cref="GossipOptions.StreamTimeout"/> is too late.
/// </summary>
public readonly record struct StreamRequest(ulong Id, GossipAddress To, GossipMessage Message);

/// <summary>Answers what <see cref="GossipCore.StreamReceived"/> brought on that connection.</summary>
public readonly record struct StreamReply(ulong Connection, GossipMessage Message);
