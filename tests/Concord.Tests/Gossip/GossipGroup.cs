using System.Buffers;
using Concord.Gossip;

namespace Concord.Tests.Gossip;

/// <summary>
/// Members on a network of their own: everything takes one millisecond, packets go through the codec, and links and members can
/// fail. Time goes from one event to the next.
/// </summary>
internal sealed class GossipGroup
{
    public const ulong Cluster = 7;

    private readonly SortedDictionary<string, GossipMember> _members = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Action, (long Time, long Number)> _network = new();
    private readonly List<GossipMessage> _decoded = [];
    private long _number;

    public long Now { get; private set; }

    public IReadOnlyCollection<GossipMember> Members => _members.Values;

    public GossipMember this[string name] => _members[name];

    /// <summary>Packets of this kind are lost; tests set it.</summary>
    public Func<GossipMember, GossipMember, IReadOnlyList<GossipMessage>, bool> LosesPacket { get; set; } = static (_, _, _) => false;

    public Func<GossipMember, GossipMember, bool> LosesStream { get; set; } = static (_, _) => false;

    public Action<string> Log { get; set; } = static _ => { };

    public Action<GossipMember, GossipEvent> Happened { get; set; } = static (_, _) => { };

    public static GossipAddress AddressOf(int number) => GossipAddress.V4(0x0A000000u + (uint)number, 2381);

    public GossipMember Add(string name, Func<GossipOptions, GossipOptions>? change = null, int? address = null)
    {
        int number = address ?? (_members.Count + 1);
        var options = new GossipOptions { Self = new(name, AddressOf(number)), Seed = (ulong)number };
        var member = new GossipMember(name, AddressOf(number), new(change?.Invoke(options) ?? options, Now));
        _members[name] = member;
        return member;
    }

    public void Perform(GossipMember member)
    {
        for (var effects = member.Core.TakeEffects(); !effects.IsEmpty; effects = member.Core.TakeEffects())
        {
            foreach (var happened in effects.Events)
            {
                member.Events.Add(happened);
                Happened(member, happened);
            }

            foreach (var packet in effects.Packets)
            {
                Send(member, packet);
            }

            foreach (var request in effects.StreamRequests)
            {
                Open(member, request);
            }

            foreach (var reply in effects.StreamReplies)
            {
                Reply(member, reply);
            }
        }
    }

    /// <summary>Lets everything happen that happens in the next milliseconds.</summary>
    public void Run(long milliseconds)
    {
        long end = Now + milliseconds;
        while (Step(end))
        {
        }

        Now = end;
    }

    public bool RunUntil(Func<bool> condition, long milliseconds)
    {
        long end = Now + milliseconds;
        while (!condition())
        {
            if (!Step(end))
            {
                Now = end;
                return condition();
            }
        }

        return true;
    }

    private bool Step(long end)
    {
        long next = long.MaxValue;
        foreach (var member in _members.Values.Where(member => !member.IsStopped))
        {
            next = Math.Min(next, Math.Max(Now, member.Core.NextDue));
        }

        if (_network.TryPeek(out _, out var first) && first.Time <= next)
        {
            if (first.Time > end)
            {
                return false;
            }

            Now = first.Time;
            _network.Dequeue()();
            return true;
        }

        if (next > end)
        {
            return false;
        }

        Now = next;
        foreach (var member in _members.Values.Where(member => !member.IsStopped && member.Core.NextDue <= next).ToList())
        {
            member.Core.Advance(Now);
            Perform(member);
        }

        return true;
    }

    private void After(long delay, Action action) => _network.Enqueue(action, (Now + delay, ++_number));

    private GossipMember? At(GossipAddress address) => _members.Values.FirstOrDefault(member => member.Address == address && !member.IsStopped);

    private void Send(GossipMember from, OutgoingPacket packet)
    {
        Assert.True(packet.Bytes <= 1400, $"a packet of {packet.Bytes} bytes");
        if (At(packet.To) is not { } to || LosesPacket(from, to, packet.Messages) || from.IsPacketDeaf || to.IsPacketDeaf)
        {
            Log($"{from.Name} -x {NameAt(packet.To)} {TranscriptPrinter.Messages(packet.Messages)}");
            return;
        }

        Log($"{from.Name} -> {to.Name} {TranscriptPrinter.Messages(packet.Messages)}");
        byte[] bytes = Encode(packet.Messages);
        Assert.Equal(packet.Bytes, bytes.Length);
        After(1, () =>
        {
            if (!to.IsStopped)
            {
                Assert.Equal(PacketRefusal.None, PacketCodec.Decode(bytes, Cluster, PacketCodec.DatagramBytesMax, _decoded));
                to.Core.Receive(Now, from.Address, _decoded);
                Perform(to);
            }
        });
    }

    private void Open(GossipMember from, StreamRequest request)
    {
        if (At(request.To) is not { } to || LosesStream(from, to))
        {
            Log($"{from.Name} =x {NameAt(request.To)} {TranscriptPrinter.Message(request.Message)}");
            After(1, () => Fail(from, request.Id));
            return;
        }

        Log($"{from.Name} => {to.Name} {TranscriptPrinter.Message(request.Message)}");
        var message = Through(request.Message);
        After(1, () =>
        {
            if (to.IsStopped)
            {
                Fail(from, request.Id);
                return;
            }

            ulong connection = (ulong)to.Connections.Count;
            to.Connections.Add((from, request.Id));
            to.Core.StreamReceived(Now, connection, message);
            Perform(to);
        });
    }

    private void Reply(GossipMember member, StreamReply reply)
    {
        var (asker, id) = member.Connections[(int)reply.Connection];
        Log($"{member.Name} => {asker.Name} {TranscriptPrinter.Message(reply.Message)}");
        var message = Through(reply.Message);
        After(1, () =>
        {
            if (!asker.IsStopped)
            {
                asker.Core.StreamAnswered(Now, id, message);
                Perform(asker);
            }
        });
    }

    private void Fail(GossipMember member, ulong id)
    {
        if (!member.IsStopped)
        {
            member.Core.StreamFailed(Now, id);
            Perform(member);
        }
    }

    private string NameAt(GossipAddress address) => _members.Values.FirstOrDefault(member => member.Address == address)?.Name ?? address.ToString();

    private static GossipMessage Through(GossipMessage message)
    {
        List<GossipMessage> decoded = [];
        Assert.Equal(PacketRefusal.None, PacketCodec.Decode(Encode([message]), Cluster, PacketCodec.StreamBytesMax, decoded));
        return Assert.Single(decoded);
    }

    private static byte[] Encode(IReadOnlyList<GossipMessage> messages)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.Encode(Cluster, messages, output);
        return output.WrittenSpan.ToArray();
    }
}

internal sealed class GossipMember(string name, GossipAddress address, GossipCore core)
{
    public string Name => name;

    public GossipAddress Address => address;

    public GossipCore Core => core;

    public bool IsStopped { get; set; }

    /// <summary>Its packets are lost both ways; streams are not.</summary>
    public bool IsPacketDeaf { get; set; }

    public List<GossipEvent> Events { get; } = [];

    /// <summary>Who asked on which connection.</summary>
    public List<(GossipMember Asker, ulong Id)> Connections { get; } = [];

    public MemberStatus? StatusOf(string other) => core.Find(other)?.Status;
}
