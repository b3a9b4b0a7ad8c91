namespace Concord.Gossip;

/// <summary>What the parts of a <see cref="GossipCore"/> share.</summary>
internal sealed class CoreState
{
    private SplitMix _random;

    public CoreState(GossipOptions options, long now)
    {
        Options = options;
        Now = now;
        _random = new SplitMix(options.Seed);
        Members = new MemberTable(_random.Next(), options.Self);
        Health = new LocalHealth(options.LocalHealthMax);
        Rumours = new BroadcastQueue(options.BroadcastsMax);
        UserRumours = new BroadcastQueue(options.UserBroadcastsMax);
        Sequence = (uint)_random.Next();
    }

    public GossipOptions Options { get; }

    public long Now { get; set; }

    public MemberTable Members { get; }

    public LocalHealth Health { get; }

    public BroadcastQueue Rumours { get; }

    public BroadcastQueue UserRumours { get; }

    public GossipEffects Effects { get; set; } = new();

    public GossipCounters Counters { get; } = new();

    /// <summary>It said goodbye and takes no part in probing any more.</summary>
    public bool IsLeaving { get; set; }

    public string Name => Self.Name;

    public MemberInfo Self => Members.Info(MemberTable.Self);

    /// <summary>Of pings; begins anywhere, so that nobody can answer what it did not see.</summary>
    private uint Sequence { get; set; }

    public ref SplitMix Random => ref _random;

    public int RetransmitLimit => BroadcastQueue.Limit(Options.RetransmitMultiplier, Members.Living);

    public uint NextSequence() => ++Sequence;

    public void Tell(GossipEvent happened) => Effects.EventsList.Add(happened);

    /// <summary>Sends one packet, with rumours in the room that is left.</summary>
    public void Send(GossipAddress to, params ReadOnlySpan<GossipMessage> messages)
    {
        var packet = Packet(messages, out int bytes);
        bytes += AddRumours(packet, bytes);
        if (packet.Count > 0)
        {
            Effects.PacketsList.Add(new(to, packet, bytes));
        }
    }

    /// <summary>Sends one packet of nothing else.</summary>
    public void SendAlone(GossipAddress to, ReadOnlySpan<GossipMessage> messages) =>
        Effects.PacketsList.Add(new(to, Packet(messages, out int bytes), bytes));

    /// <summary>Up to <paramref name="count"/> different members out of <paramref name="wanted"/>, at random.</summary>
    public void Pick(int count, Func<int, bool> wanted, List<int> picked)
    {
        picked.Clear();
        var order = Members.Order;
        if (order.Length <= 4 * count)
        {
            // Few: a random stretch of the order, so that none that fits is missed.
            int start = order.Length == 0 ? 0 : _random.Below(order.Length);
            for (int i = 0; i < order.Length && picked.Count < count; i++)
            {
                int slot = order[(start + i) % order.Length];
                if (wanted(slot))
                {
                    picked.Add(slot);
                }
            }

            return;
        }

        // Many: a bounded number of draws, even if few fit.
        for (int tries = 3 * order.Length; tries > 0 && picked.Count < count; tries--)
        {
            int slot = order[_random.Below(order.Length)];
            if (wanted(slot) && !picked.Contains(slot))
            {
                picked.Add(slot);
            }
        }
    }

    private static List<GossipMessage> Packet(ReadOnlySpan<GossipMessage> messages, out int bytes)
    {
        var packet = new List<GossipMessage>(messages.Length + 1);
        bytes = PacketCodec.HeaderBytes;
        foreach (var message in messages)
        {
            packet.Add(message);
            bytes += PacketCodec.SizeOf(message);
        }

        return packet;
    }

    private int AddRumours(List<GossipMessage> packet, int bytes)
    {
        int added = 0;
        if (Rumours.Count > 0)
        {
            added = Rumours.Fill(packet, Options.PacketBytes - bytes, RetransmitLimit);
        }

        if (UserRumours.Count > 0)
        {
            added += UserRumours.Fill(packet, Options.PacketBytes - bytes - added, RetransmitLimit);
        }

        return added;
    }
}
