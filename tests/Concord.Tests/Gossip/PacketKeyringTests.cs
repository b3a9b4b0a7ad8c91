using Concord.Gossip;
using CsCheck;

namespace Concord.Tests.Gossip;

public sealed class PacketKeyringTests
{
    private static readonly byte[] First = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    private static readonly byte[] Second = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 3))];

    private static readonly byte[] Packet = "a packet"u8.ToArray();

    /// <summary>Install everywhere, use everywhere, remove everywhere: at each step each member reads each other.</summary>
    [Fact]
    public void Keys_are_exchanged_while_members_talk()
    {
        using var a = new PacketKeyring(First);
        using var b = new PacketKeyring(First);
        PacketKeyring[] both = [a, b];
        foreach (var step in (Action<PacketKeyring>[])[k => k.Install(Second), k => k.Use(Second), k => k.Remove(First)])
        {
            foreach (var member in both)
            {
                step(member);
                Assert.Equal(Packet, Open(b, Seal(a)));
                Assert.Equal(Packet, Open(a, Seal(b)));
            }
        }

        using var late = new PacketKeyring(First);
        Assert.Null(Open(a, Seal(late)));
        Assert.Null(Open(late, Seal(a)));
    }

    [Fact]
    public void Whatever_was_changed_is_refused() => Gen.Select(Gen.Int[0, 9999], Gen.Byte[1, 255]).Sample((at, change) =>
    {
        using var keys = new PacketKeyring(First);
        byte[] bytes = Seal(keys);
        bytes[at % bytes.Length] ^= change;
        Assert.Null(Open(keys, bytes));
        Assert.Null(Open(keys, bytes.AsSpan(0, at % bytes.Length)));
    });

    [Fact]
    public void Random_bytes_are_refused() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        using var keys = new PacketKeyring(First);
        Assert.Null(Open(keys, bytes));
        Assert.Null(Open(keys, [PacketKeyring.Sealed, .. bytes]));
    });

    [Fact]
    public void A_packet_that_is_not_sealed_is_refused_by_name()
    {
        using var keys = new PacketKeyring(First);
        Assert.Equal(PacketRefusal.Version, keys.Open(new byte[60], new byte[60], out _));
        Assert.Equal(PacketRefusal.Size, keys.Open(new byte[PacketKeyring.Overhead - 1], new byte[60], out _));
        Assert.Equal(PacketRefusal.Version, PacketCodec.Decode(Seal(keys), 1, 1400, []));
    }

    [Fact]
    public void Wrong_steps_are_refused_with_the_remedy()
    {
        using var keys = new PacketKeyring(First);
        Assert.Contains("16, 24 or 32", Assert.Throws<ArgumentException>(() => keys.Install(new byte[15])).Message, StringComparison.Ordinal);
        Assert.Contains("install it", Assert.Throws<InvalidOperationException>(() => keys.Use(Second)).Message, StringComparison.Ordinal);
        Assert.Contains("use another one", Assert.Throws<InvalidOperationException>(() => keys.Remove(First)).Message, StringComparison.Ordinal);
        keys.Install(First);
        Assert.Single(keys.Fingerprints);
        for (byte i = 1; i < PacketKeyring.KeysMax; i++)
            keys.Install(Enumerable.Repeat(i, 24).ToArray());
        Assert.Contains("remove", Assert.Throws<InvalidOperationException>(() => keys.Install(Second)).Message, StringComparison.Ordinal);
        Assert.Equal(PacketKeyring.KeysMax, keys.Fingerprints.Distinct().Count());
    }

    private static byte[] Seal(PacketKeyring keys)
    {
        byte[] output = new byte[Packet.Length + PacketKeyring.Overhead];
        keys.Seal(Packet, "0123456789ab"u8, output);
        return output;
    }

    private static byte[]? Open(PacketKeyring keys, ReadOnlySpan<byte> bytes)
    {
        byte[] packet = new byte[bytes.Length];
        return keys.Open(bytes, packet, out int length) == PacketRefusal.None ? packet[..length] : null;
    }
}
