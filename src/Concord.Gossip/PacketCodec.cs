using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;

namespace Concord.Gossip;

/// <summary>
/// The bytes of packets and of what streams carry: version, cluster (8 bytes), messages to the end, CRC-32C of all before it (4
/// bytes). A message is its kind and the fields in the order of its record. Numbers are varints, texts and bytes have their
/// length before them. Framing on streams is the transport's.
/// </summary>
public static class PacketCodec
{
    public const byte Version = 1;

    /// <summary>What a packet has besides its messages.</summary>
    public const int HeaderBytes = 1 + sizeof(ulong) + ChecksumBytes;

    /// <summary>The largest message that travels in packets fits.</summary>
    public const int PacketBytesMin = 768;

    /// <summary>The largest UDP payload over IPv4.</summary>
    public const int DatagramBytesMax = 65_507;

    /// <summary>A full state: <see cref="MembersMax"/> members of usual size, and far below what would hurt a server.</summary>
    public const int StreamBytesMax = 64 * 1024 * 1024;

    /// <summary>Members of a full state.</summary>
    public const int MembersMax = 262_144;

    private const int ChecksumBytes = sizeof(uint);

    // Status, incarnation, name of one byte, IPv4 address, protocol, no metadata.
    private const int MemberBytesMin = 1 + 1 + 2 + 7 + 1 + 1;

    private enum Kind : byte
    {
        Ping = 1,
        Ack = 2,
        PingRequest = 3,
        Nack = 4,
        Suspect = 5,
        Alive = 6,
        Dead = 7,
        PushPull = 8,
        UserEvent = 9,
    }

    /// <summary>Bytes of one message inside a packet.</summary>
    public static int SizeOf(GossipMessage message) => 1 + message switch
    {
        GossipMessage.Ping m => PacketWriter.SizeOf(m.Sequence) + PacketWriter.SizeOf(m.Target),
        GossipMessage.Ack m => PacketWriter.SizeOf(m.Sequence),
        GossipMessage.PingRequest m => PacketWriter.SizeOf(m.Sequence) + PacketWriter.SizeOf(m.Target) + 1,
        GossipMessage.Nack m => PacketWriter.SizeOf(m.Sequence),
        GossipMessage.Suspect m => PacketWriter.SizeOf(m.Incarnation) + PacketWriter.SizeOf(m.Name) + PacketWriter.SizeOf(m.From),
        GossipMessage.Alive m => PacketWriter.SizeOf(m.Incarnation) + SizeOf(m.Member),
        GossipMessage.Dead m => PacketWriter.SizeOf(m.Incarnation) + PacketWriter.SizeOf(m.Name) + PacketWriter.SizeOf(m.From),
        GossipMessage.PushPull m => PacketWriter.SizeOf(m.Clock) + SizeOf(m.Members.Span),
        GossipMessage.UserEvent m => PacketWriter.SizeOf(m.Time) + PacketWriter.SizeOf(m.Origin) + PacketWriter.SizeOf(m.Name) + PacketWriter.SizeOf(m.Payload),
        _ => throw new UnreachableException($"no encoding for {message.GetType().Name}"),
    };

    /// <param name="cluster">Whose members they are: packets of others are refused.</param>
    public static void Encode(ulong cluster, IReadOnlyList<GossipMessage> messages, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(output);
        int bytes = HeaderBytes;
        for (int i = 0; i < messages.Count; i++)
        {
            bytes += SizeOf(messages[i]);
        }

        var span = output.GetSpan(bytes)[..bytes];
        var writer = new PacketWriter(span);
        writer.Byte(Version);
        writer.Fixed64(cluster);
        for (int i = 0; i < messages.Count; i++)
        {
            Write(ref writer, messages[i]);
        }

        writer.Fixed32(Checksum(span[..^ChecksumBytes]));
        output.Advance(bytes);
    }

    /// <summary>
    /// Takes bytes from anybody: either all messages, or a refusal and none. Never throws, and allocates no more than a small
    /// multiple of the bytes.
    /// </summary>
    /// <param name="bytesMax"><see cref="DatagramBytesMax"/> or <see cref="StreamBytesMax"/>.</param>
    public static PacketRefusal Decode(ReadOnlySpan<byte> bytes, ulong cluster, int bytesMax, List<GossipMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        messages.Clear();
        if (bytes.Length < HeaderBytes || bytes.Length > bytesMax)
        {
            return PacketRefusal.Size;
        }

        if (bytes[0] != Version)
        {
            return PacketRefusal.Version;
        }

        var content = bytes[..^ChecksumBytes];
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[^ChecksumBytes..]) != Checksum(content))
        {
            return PacketRefusal.Checksum;
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]) != cluster)
        {
            return PacketRefusal.Cluster;
        }

        var reader = new PacketReader(content[(1 + sizeof(ulong))..]);
        while (reader.Remaining > 0)
        {
            if (Read(ref reader) is not { } message || reader.Failed)
            {
                messages.Clear();
                return PacketRefusal.Content;
            }

            messages.Add(message);
        }

        return PacketRefusal.None;
    }

    private static int SizeOf(MemberInfo member) =>
        PacketWriter.SizeOf(member.Name) + PacketWriter.SizeOf(member.Address) + 1 + PacketWriter.SizeOf(member.Metadata);

    private static int SizeOf(ReadOnlySpan<MemberState> members)
    {
        int bytes = PacketWriter.SizeOf((uint)members.Length);
        foreach (ref readonly var member in members)
        {
            bytes += 1 + PacketWriter.SizeOf(member.Incarnation) + SizeOf(member.Info);
        }

        return bytes;
    }

    private static void Write(ref PacketWriter writer, GossipMessage message)
    {
        switch (message)
        {
            case GossipMessage.Ping m:
                writer.Byte((byte)Kind.Ping);
                writer.Number(m.Sequence);
                writer.Text(m.Target);
                break;
            case GossipMessage.Ack m:
                writer.Byte((byte)Kind.Ack);
                writer.Number(m.Sequence);
                break;
            case GossipMessage.PingRequest m:
                writer.Byte((byte)Kind.PingRequest);
                writer.Number(m.Sequence);
                writer.Text(m.Target);
                writer.Flag(m.WantsNack);
                break;
            case GossipMessage.Nack m:
                writer.Byte((byte)Kind.Nack);
                writer.Number(m.Sequence);
                break;
            case GossipMessage.Suspect m:
                WriteRumour(ref writer, Kind.Suspect, m.Incarnation, m.Name, m.From);
                break;
            case GossipMessage.Dead m:
                WriteRumour(ref writer, Kind.Dead, m.Incarnation, m.Name, m.From);
                break;
            case GossipMessage.Alive m:
                writer.Byte((byte)Kind.Alive);
                writer.Number(m.Incarnation);
                WriteMember(ref writer, m.Member);
                break;
            case GossipMessage.PushPull m:
                writer.Byte((byte)Kind.PushPull);
                writer.Number(m.Clock);
                WriteMembers(ref writer, m.Members.Span);
                break;
            case GossipMessage.UserEvent m:
                writer.Byte((byte)Kind.UserEvent);
                writer.Number(m.Time);
                writer.Text(m.Origin);
                writer.Text(m.Name);
                writer.Bytes(m.Payload.Span);
                break;
            default:
                throw new UnreachableException($"no encoding for {message.GetType().Name}");
        }
    }

    private static void WriteRumour(ref PacketWriter writer, Kind kind, uint incarnation, string name, string from)
    {
        writer.Byte((byte)kind);
        writer.Number(incarnation);
        writer.Text(name);
        writer.Text(from);
    }

    private static void WriteMember(ref PacketWriter writer, MemberInfo member)
    {
        writer.Text(member.Name);
        writer.Address(member.Address);
        writer.Byte(member.Protocol);
        writer.Bytes(member.Metadata.Span);
    }

    private static void WriteMembers(ref PacketWriter writer, ReadOnlySpan<MemberState> members)
    {
        writer.Number((uint)members.Length);
        foreach (ref readonly var member in members)
        {
            writer.Byte((byte)member.Status);
            writer.Number(member.Incarnation);
            WriteMember(ref writer, member.Info);
        }
    }

    private static GossipMessage? Read(ref PacketReader reader) => (Kind)reader.Byte() switch
    {
        Kind.Ping => new GossipMessage.Ping(reader.Number32(), reader.Text(MemberInfo.NameBytesMax)),
        Kind.Ack => new GossipMessage.Ack(reader.Number32()),
        Kind.PingRequest => new GossipMessage.PingRequest(reader.Number32(), reader.Text(MemberInfo.NameBytesMax), reader.Flag()),
        Kind.Nack => new GossipMessage.Nack(reader.Number32()),
        Kind.Suspect => new GossipMessage.Suspect(reader.Number32(), reader.Text(MemberInfo.NameBytesMax), reader.Text(MemberInfo.NameBytesMax)),
        Kind.Dead => new GossipMessage.Dead(reader.Number32(), reader.Text(MemberInfo.NameBytesMax), reader.Text(MemberInfo.NameBytesMax)),
        Kind.Alive => ReadAlive(ref reader),
        Kind.PushPull => ReadPushPull(ref reader),
        Kind.UserEvent => new GossipMessage.UserEvent(
            reader.Number(GossipMessage.UserEvent.TimeMax),
            reader.Text(MemberInfo.NameBytesMax),
            reader.Text(GossipMessage.UserEvent.NameBytesMax),
            reader.Bytes(GossipMessage.UserEvent.PayloadBytesMax)),
        _ => null,
    };

    private static GossipMessage.Alive? ReadAlive(ref PacketReader reader)
    {
        uint incarnation = reader.Number32();
        return ReadMember(ref reader) is { } member ? new(incarnation, member) : null;
    }

    private static MemberInfo? ReadMember(ref PacketReader reader)
    {
        string name = reader.Text(MemberInfo.NameBytesMax);
        var address = reader.Address();
        byte protocol = reader.Byte();
        var metadata = reader.Bytes(MemberInfo.MetadataBytesMax);
        return reader.Failed ? null : new(name, address, metadata, protocol);
    }

    private static GossipMessage.PushPull? ReadPushPull(ref PacketReader reader)
    {
        ulong clock = reader.Number(GossipMessage.UserEvent.TimeMax);
        var members = new MemberState[reader.Count(MembersMax, MemberBytesMin)];
        for (int i = 0; i < members.Length; i++)
        {
            byte status = reader.Byte();
            uint incarnation = reader.Number32();
            if (status > (byte)MemberStatus.Left || ReadMember(ref reader) is not { } member)
            {
                return null;
            }

            members[i] = new(member, incarnation, (MemberStatus)status);
        }

        return new(clock, members);
    }

    /// <summary>CRC-32C (RFC 3720 appendix B.4), by the processor where it can.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
