using System.Buffers;
using System.Buffers.Binary;
using Concord.Gossip;
using Concord.Storage;
using CsCheck;

namespace Concord.Tests.Gossip;

public sealed class PacketCodecTests
{
    private const ulong Cluster = 0x1122334455667788;

    private static readonly Gen<string> Text = Gen.OneOf(Gen.String[Gen.Char['a', 'z'], 1, 30], Gen.Const("Österreich-日本-🚀"));

    private static readonly Gen<GossipAddress> Address = Gen.OneOf(
        Gen.Select(Gen.UInt, Gen.UShort[1, ushort.MaxValue], GossipAddress.V4),
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UShort[1, ushort.MaxValue], (high, low, port) => new GossipAddress(new UInt128(high | (1ul << 63), low), port)));

    private static readonly Gen<MemberInfo> Member = Gen.Select(Text, Address, Gen.Byte.Array[0, 40], Gen.Byte)
        .Select((name, address, metadata, protocol) => new MemberInfo(name, address, metadata, protocol));

    private static readonly Gen<GossipMessage> Messages = Gen.OneOf<GossipMessage>(
        Gen.Select(Gen.UInt, Text, (n, t) => (GossipMessage)new GossipMessage.Ping(n, t)),
        Gen.UInt.Select(n => (GossipMessage)new GossipMessage.Ack(n)),
        Gen.Select(Gen.UInt, Text, Gen.Bool, (n, t, b) => (GossipMessage)new GossipMessage.PingRequest(n, t, b)),
        Gen.UInt.Select(n => (GossipMessage)new GossipMessage.Nack(n)),
        Gen.Select(Gen.UInt, Text, Text, (n, t, f) => (GossipMessage)new GossipMessage.Suspect(n, t, f)),
        Gen.Select(Gen.UInt, Member, (n, m) => (GossipMessage)new GossipMessage.Alive(n, m)),
        Gen.Select(Gen.UInt, Text, Text, (n, t, f) => (GossipMessage)new GossipMessage.Dead(n, t, f)),
        Gen.Select(Gen.ULong[0, GossipMessage.UserEvent.TimeMax], Gen.Select(Member, Gen.UInt, Gen.Int[0, 3], (m, n, s) => new MemberState(m, n, (MemberStatus)s)).Array[0, 9],
            (c, m) => (GossipMessage)new GossipMessage.PushPull(c, m)),
        Gen.Select(Gen.ULong[0, GossipMessage.UserEvent.TimeMax], Text, Text, Gen.Byte.Array[0, 60], (c, o, n, p) => (GossipMessage)new GossipMessage.UserEvent(c, o, n, p)));

    private static readonly Gen<GossipMessage[]> Packets = Messages.Array[0, 6];

    /// <summary>Bytes compare what records with memory in them do not.</summary>
    [Fact]
    public void Every_packet_survives_and_has_the_size_that_was_computed() => Packets.Sample(messages =>
    {
        byte[] bytes = Encode(messages);
        Assert.Equal(PacketCodec.HeaderBytes + messages.Sum(PacketCodec.SizeOf), bytes.Length);

        var decoded = Decode(bytes);

        Assert.NotNull(decoded);
        Assert.Equal(messages.Select(TranscriptPrinter.Message), decoded.Select(TranscriptPrinter.Message));
        Assert.Equal(bytes, Encode(decoded));
    });

    /// <summary>A changed, cut or lengthened packet is not taken: the checksum sees it.</summary>
    [Fact]
    public void Damage_is_noticed() => Gen.Select(Packets, Gen.Int[0, 99_999], Gen.Byte[1, 255]).Sample((messages, at, change) =>
    {
        byte[] bytes = Encode(messages);
        Assert.Null(Decode(bytes.AsSpan(0, at % bytes.Length)));
        Assert.Null(Decode([.. bytes, change]));
        bytes[at % bytes.Length] ^= change;
        Assert.Null(Decode(bytes));
    });

    /// <summary>
    /// Hostile packets have right checksums. Whatever they hold is refused or is another packet with that one encoding; nothing is
    /// thrown, and nothing is allocated beyond a small multiple of what came.
    /// </summary>
    [Fact]
    public void Hostile_bytes_are_refused_or_are_another_packet() =>
        Gen.Select(Packets, Gen.Int[0, 9], Gen.Int[0, 99_999], Gen.Byte.Array[0, 24]).Sample(
            (messages, kind, at, noise) =>
            {
                byte[] content = Encode(messages)[..^4];
                int place = 9 + (at % Math.Max(1, content.Length - 8));
                place = Math.Min(place, content.Length);
                byte[] hostile = kind switch
                {
                    0 => [.. content[..9], .. noise],
                    1 => content[..place],
                    2 => [.. content[..place], .. noise],
                    3 => [.. content[..place], .. noise, .. content[place..]],
                    4 => [.. content[..place], .. content[9..], .. content[place..]],
                    _ => Overwrite(content, place, noise),
                };
                Judge(hostile);
            },
            iter: 20_000);

    /// <summary>Lengths and counts that lie about what follows.</summary>
    [Theory]
    [InlineData("08-00-80-80-10")]
    [InlineData("08-00-FF-FF-0F")]
    [InlineData("08-00-01")]
    [InlineData("01-00-00")]
    [InlineData("01-00-81-01")]
    [InlineData("01-00-02-C3-28")]
    [InlineData("01-80-00-01-61")]
    [InlineData("01-80-80-80-80-10-01-61")]
    [InlineData("06-00-01-61-04-0A-00-00-01-00-00-01-00")]
    [InlineData("06-00-01-61-05-0A-00-00-01-00-01-01-00")]
    [InlineData("06-00-01-61-06-00-00-00-00-00-00-00-00-00-00-FF-FF-0A-00-00-01-00-01-01-00")]
    [InlineData("06-00-01-61-04-0A-00-00-01-00-01-01-81-04")]
    [InlineData("03-00-01-61-02")]
    [InlineData("08-00-01-04-00-01-61-04-0A-00-00-01-00-01-01-00")]
    [InlineData("09-80-80-80-80-80-80-80-80-80-01-01-61-01-61-00")]
    [InlineData("00")]
    [InlineData("0A")]
    [InlineData("FF")]
    public void Broken_rules_of_the_format_are_refused(string content) =>
        Assert.Equal(PacketRefusal.Content, DecodeContent(Convert.FromHexString(content.Replace("-", "", StringComparison.Ordinal))));

    [Fact]
    public void Sizes_versions_clusters_and_checksums_are_refused_by_name()
    {
        byte[] bytes = Encode([new GossipMessage.Ack(1)]);
        List<GossipMessage> messages = [new GossipMessage.Ack(9)];

        Assert.Equal(PacketRefusal.Size, PacketCodec.Decode([], Cluster, 1400, messages));
        Assert.Empty(messages);
        Assert.Equal(PacketRefusal.Size, PacketCodec.Decode(bytes, Cluster, bytes.Length - 1, messages));
        Assert.Equal(PacketRefusal.Cluster, PacketCodec.Decode(bytes, Cluster + 1, 1400, messages));
        bytes[0]++;
        Assert.Equal(PacketRefusal.Version, PacketCodec.Decode(bytes, Cluster, 1400, messages));
        bytes[0]--;
        bytes[^1]++;
        Assert.Equal(PacketRefusal.Checksum, PacketCodec.Decode(bytes, Cluster, 1400, messages));
    }

    /// <summary>The encoding is a contract between versions of the program: it must not change by accident.</summary>
    [Fact]
    public void The_bytes_are_as_documented()
    {
        byte[] bytes = Encode(
        [
            new GossipMessage.PingRequest(300, "b", true),
            new GossipMessage.Alive(2, new("c", GossipAddress.V4(0x0A000001, 2381), "m"u8.ToArray(), 1)),
        ]);

        Assert.Equal("01-88-77-66-55-44-33-22-11-03-AC-02-01-62-01-06-02-01-63-04-0A-00-00-01-09-4D-01-01-6D", BitConverter.ToString(bytes[..^4]));
        Assert.Equal(Crc32C.Compute(bytes.AsSpan(..^4)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(^4..)));
    }

    private static byte[] Overwrite(byte[] content, int place, byte[] noise)
    {
        byte[] changed = [.. content];
        noise.AsSpan(0, Math.Min(noise.Length, changed.Length - place)).CopyTo(changed.AsSpan(place));
        return changed;
    }

    private static void Judge(byte[] content)
    {
        byte[] bytes = WithChecksum(content);
        List<GossipMessage> messages = [];
        long before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = PacketCodec.Decode(bytes, Cluster, PacketCodec.DatagramBytesMax, messages);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Two bytes of an ack are an object of 24 and its place in a list that doubles.
        Assert.True(allocated <= 2_000 + (40 * bytes.Length), $"{allocated} bytes for {bytes.Length}");
        if (refusal == PacketRefusal.None)
            Assert.Equal(bytes, Encode(messages));
        else
            Assert.Empty(messages);
    }

    private static PacketRefusal DecodeContent(byte[] content)
    {
        byte[] head = new byte[9];
        head[0] = PacketCodec.Version;
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(1), Cluster);
        return PacketCodec.Decode(WithChecksum([.. head, .. content]), Cluster, PacketCodec.DatagramBytesMax, []);
    }

    private static byte[] WithChecksum(byte[] content)
    {
        byte[] bytes = [.. content, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(^4..), Crc32C.Compute(content));
        return bytes;
    }

    private static byte[] Encode(IReadOnlyList<GossipMessage> messages)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.Encode(Cluster, messages, output);
        return output.WrittenSpan.ToArray();
    }

    private static List<GossipMessage>? Decode(ReadOnlySpan<byte> bytes)
    {
        List<GossipMessage> messages = [];
        return PacketCodec.Decode(bytes, Cluster, PacketCodec.StreamBytesMax, messages) == PacketRefusal.None ? messages : null;
    }
}
