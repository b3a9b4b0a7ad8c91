using Concord.Gossip;

namespace Concord.Tests.Gossip;

/// <summary>One core whose packets nobody gets: tests read what it would send.</summary>
internal sealed class SingleMember
{
    public static readonly GossipAddress Stranger = GossipGroup.AddressOf(99);

    public SingleMember(int others, Func<GossipOptions, GossipOptions>? change = null)
    {
        var options = new GossipOptions { Self = new("me", GossipGroup.AddressOf(1)), Seed = 5, PushPullInterval = 10_000_000, ReconnectInterval = 10_000_000 };
        Core = new(change?.Invoke(options) ?? options, 0);
        if (others == 0)
            return;

        Core.Join(0, [GossipGroup.AddressOf(2)]);
        ulong id = Take().Single(effect => effect is StreamRequest) is StreamRequest request ? request.Id : 0;
        Core.StreamAnswered(0, id, new GossipMessage.PushPull(0, Enumerable.Range(0, others).Select(n => new MemberState(Other(n), 0, MemberStatus.Alive)).ToArray()));
        Take();
    }

    public GossipCore Core { get; }

    public long Now { get; private set; }

    public static string Name(int other) => $"m{other}";

    public static MemberInfo Other(int other) => new(Name(other), GossipGroup.AddressOf(other + 2));

    /// <summary>All effects in one list.</summary>
    public List<object> Take()
    {
        List<object> all = [];
        for (var effects = Core.TakeEffects(); !effects.IsEmpty; effects = Core.TakeEffects())
        {
            all.AddRange(effects.Events);
            all.AddRange(effects.Packets.Cast<object>());
            all.AddRange(effects.StreamRequests.Cast<object>());
            all.AddRange(effects.StreamReplies.Cast<object>());
        }

        return all;
    }

    public List<object> Receive(params GossipMessage[] messages)
    {
        Core.Receive(Now, Stranger, messages);
        return Take();
    }

    /// <summary>To the next thing that is due, but not beyond the given time.</summary>
    public List<object> AdvanceTo(long time)
    {
        List<object> all = [];
        while (Core.NextDue <= time)
        {
            Now = Math.Max(Now, Core.NextDue);
            Core.Advance(Now);
            all.AddRange(Take());
        }

        Now = time;
        return all;
    }

    /// <summary>Up to the first ping of a probe; whom it is for and its sequence.</summary>
    public (string Target, uint Sequence, OutgoingPacket Packet) NextPing(long within = 20_000)
    {
        for (long end = Now + within; Core.NextDue <= end;)
        {
            Now = Math.Max(Now, Core.NextDue);
            Core.Advance(Now);
            foreach (var packet in Take().OfType<OutgoingPacket>())
            {
                if (packet.Messages[0] is GossipMessage.Ping ping)
                    return (ping.Target, ping.Sequence, packet);
            }
        }

        throw new InvalidOperationException("no probe");
    }

    public MemberStatus? StatusOf(int other) => Core.Find(Name(other))?.Status;

    public static IEnumerable<GossipMessage> MessagesOf(IEnumerable<object> effects) => effects.OfType<OutgoingPacket>().SelectMany(packet => packet.Messages);
}
