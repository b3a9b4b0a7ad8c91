using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Members.Streams;
using Concord.Members.Wire;

namespace Concord.Tests.Members;

/// <summary>What anybody may throw at the port: it is refused and counted, costs little, and the group does not notice.</summary>
public sealed class PortFuzzTests(ITestOutputHelper output)
{
    private const int Datagrams = 4000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hostile_datagrams_are_refused_and_nobody_is_suspected(bool isSealed)
    {
        var folder = Directory.CreateTempSubdirectory("concord-fuzz-");
        var file = isSealed ? new KeyringFile(Path.Combine(folder.FullName, "keys")) : null;
        file?.Write(GossipKeys.Of([GossipKey.Generate()]));
        await using var group = await RealGroup.StartAsync(3, _ => file);
        using var events = group[1].Listen(256);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var attacker = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var target = Addresses.EndPoint(group[0].Address);
        var refusedBefore = Refused(group[0]);
        for (var i = 0; i < Datagrams; i++)
        {
            attacker.SendTo(Hostile(random, i), target);
        }

        // The system may lose some of a burst; what arrived was refused or let lie.
        await group.UntilAsync(() => Refused(group[0]) + group[0].Traffic.Dropped(GossipDrop.Flood) - refusedBefore > Datagrams / 10, "much of it is counted");
        await group[0].SendEventAsync("after", default);
        while (await events.Reader.ReadAsync(RealGroup.Patience) is var happened and not GossipEvent.UserEventReceived { Event.Name: "after" })
        {
            Assert.IsNotType<GossipEvent.MemberDied>(happened);
        }

        Assert.False(group[0].Ended.IsCompleted);
        Assert.Equal(3, group[0].Members.Count);
        if (isSealed)
        {
            Assert.True(group[0].Traffic.Refused(PacketRefusal.Seal) < Datagrams, "the flood was opened to its end");
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Hostile_streams_end_and_hold_nothing()
    {
        await using var group = await RealGroup.StartAsync(2);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var target = Addresses.EndPoint(group[0].Address);
        for (var i = 0; i < 200; i++)
        {
            using var attacker = new TcpClient();
            await attacker.ConnectAsync(target);
            var stream = attacker.GetStream();
            try
            {
                await stream.WriteAsync(HostileStream(random, i));
                attacker.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(new byte[4096]) > 0)
                {
                }
            }
            catch (IOException)
            {
                // It was cut off, as it deserved.
            }
        }

        await group.UntilAsync(() => group[0].OpenStreams == 0 && group[0].HeldBytes == 0, "all are closed and forgotten");
        Assert.False(group[0].Ended.IsCompleted);
        Assert.Equal(2, group.Living(group[1]));
        Assert.Equal(1, await group.Start("new").JoinAsync([group[0].Address], RealGroup.Patience));
    }

    [Fact]
    public async Task Many_open_streams_cost_their_opener_not_the_group()
    {
        await using var group = await RealGroup.StartAsync(2);
        var target = Addresses.EndPoint(group[0].Address);
        var held = new List<TcpClient>();
        for (var i = 0; i < 200; i++)
        {
            var attacker = new TcpClient();
            await attacker.ConnectAsync(target);
            held.Add(attacker);

            // Announces much and sends little.
            var head = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(head, StreamFrame.BytesMax);
            try
            {
                await attacker.GetStream().WriteAsync(head);
            }
            catch (IOException)
            {
                // Refused already.
            }
        }

        await group.UntilAsync(() => group[0].Traffic.Dropped(GossipDrop.StreamsBusy) > 0, "some are refused");
        Assert.InRange(group[0].OpenStreams, 1, 128);
        Assert.InRange(group[0].HeldBytes, 0, 128 * 8192);
        Assert.Equal(MemberStatus.Alive, group.StatusOf(0, 1));
        held.ForEach(static one => one.Dispose());
    }

    [Fact]
    public void The_budget_for_forgeries_is_spent_and_comes_back()
    {
        var budget = new ForgeryBudget();
        for (var i = 0; i < ForgeryBudget.PerSecond; i++)
        {
            Assert.False(budget.IsSpent(1000));
            budget.Spend();
        }

        Assert.True(budget.IsSpent(1000));
        Assert.False(budget.IsSpent(1100));
        Assert.False(budget.IsSpent(5000));
    }

    private static long Refused(GossipMember member) => Enum.GetValues<PacketRefusal>().Where(static why => why != PacketRefusal.None).Sum(member.Traffic.Refused);

    /// <summary>Noise, packets of the right form with wrong content, damaged ones, cut ones, sealed noise, none at all.</summary>
    private static byte[] Hostile(Random random, int round)
    {
        var noise = new byte[random.Next(0, 1400)];
        random.NextBytes(noise);
        var packet = Packet(round % 2 == 0 ? RealGroup.Cluster : RealGroup.Cluster + 7, new GossipMessage.Dead(uint.MaxValue, "m1", "mallory"));
        switch (round % 6)
        {
            case 0:
                return noise;
            case 1:
                packet[random.Next(packet.Length)] ^= (byte)(1 + random.Next(255));
                return packet;
            case 2:
                return packet[..random.Next(packet.Length)];
            case 3:
                if (noise.Length > 0)
                {
                    noise[0] = PacketKeyring.Sealed;
                }

                return noise;
            case 4:
                return [];
            default:
                // Whole, and of another cluster.
                return Packet(RealGroup.Cluster + 7, new GossipMessage.Dead(uint.MaxValue, "m1", "mallory"));
        }
    }

    private static byte[] HostileStream(Random random, int round)
    {
        var noise = RandomNumberGenerator.GetBytes(random.Next(0, 9000));
        return (round % 5) switch
        {
            0 => noise,
            1 => [.. Length(uint.MaxValue), .. noise],
            2 => [.. Length((uint)StreamFrame.BytesMax), .. noise],
            3 => [.. Length((uint)noise.Length + 1), (byte)FrameKind.Message, .. noise],
            _ => [.. Length(1), (byte)FrameKind.KeyringRequest],
        };

        static byte[] Length(uint value)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            return bytes;
        }
    }

    private static byte[] Packet(ulong cluster, GossipMessage message)
    {
        var writer = new ArrayBufferWriter<byte>();
        PacketCodec.Encode(cluster, [message], writer);
        return writer.WrittenSpan.ToArray();
    }
}
