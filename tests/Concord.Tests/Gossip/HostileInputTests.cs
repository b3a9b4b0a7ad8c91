using Concord.Gossip;
using CsCheck;

namespace Concord.Tests.Gossip;

/// <summary>A member gets any messages in any order, as one with the key could send them, and stays within its rules.</summary>
public sealed class HostileInputTests
{
    private static readonly string[] Names = ["me", "m0", "m1", "m2", "m3", "x", "y", "z"];

    private static readonly Gen<string> Name = Gen.Int[0, Names.Length - 1].Select(i => Names[i]);

    private static readonly Gen<uint> Incarnation = Gen.OneOf(Gen.UInt[0, 5], Gen.UInt[uint.MaxValue - 1, uint.MaxValue]);

    private static readonly Gen<MemberInfo> Member = Gen.Select(Name, Gen.Int[1, 9], Gen.Byte.Array[0, 300])
        .Select((name, address, metadata) => new MemberInfo(name, GossipGroup.AddressOf(address), metadata));

    private static readonly Gen<GossipMessage> Messages = Gen.OneOf<GossipMessage>(
        Gen.Select(Gen.UInt, Name, (n, t) => (GossipMessage)new GossipMessage.Ping(n, t)),
        Gen.UInt.Select(n => (GossipMessage)new GossipMessage.Ack(n)),
        Gen.Select(Gen.UInt, Name, Gen.Bool, (n, t, b) => (GossipMessage)new GossipMessage.PingRequest(n, t, b)),
        Gen.UInt.Select(n => (GossipMessage)new GossipMessage.Nack(n)),
        Gen.Select(Incarnation, Name, Name, (n, t, f) => (GossipMessage)new GossipMessage.Suspect(n, t, f)),
        Gen.Select(Incarnation, Member, (n, m) => (GossipMessage)new GossipMessage.Alive(n, m)),
        Gen.Select(Incarnation, Name, Name, (n, t, f) => (GossipMessage)new GossipMessage.Dead(n, t, f)),
        Gen.Select(Gen.ULong[0, GossipMessage.UserEvent.TimeMax], Gen.Select(Member, Incarnation, Gen.Int[0, 3], (m, n, s) => new MemberState(m, n, (MemberStatus)s)).Array[0, 6],
            (c, m) => (GossipMessage)new GossipMessage.PushPull(c, m)),
        Gen.Select(Gen.ULong[0, GossipMessage.UserEvent.TimeMax], Name, Name, Gen.Byte.Array[0, 60], (c, o, n, p) => (GossipMessage)new GossipMessage.UserEvent(c, o, n, p)));

    [Fact]
    public void It_stays_within_its_rules() => Gen.Select(Messages.Array[0, 4], Gen.Int[0, 3], Gen.Int[0, 4000]).Array[1, 60].Sample(steps =>
    {
        var me = new SingleMember(3, o => o with { MembersMax = 6, BroadcastsMax = 5, UserBroadcastsMax = 3, ForgetDead = 20_000, GossipToTheDead = 10_000 });
        foreach (var (messages, lane, wait) in steps)
        {
            List<object> done = me.AdvanceTo(me.Now + wait);
            if (lane == 0 && messages.Length > 0)
            {
                me.Core.StreamReceived(me.Now, 1, messages[0]);
                done.AddRange(me.Take());
            }
            else if (lane == 1 && messages.Length > 0)
            {
                foreach (var request in done.OfType<StreamRequest>().ToList())
                    me.Core.StreamAnswered(me.Now, request.Id, messages[0]);
                done.AddRange(me.Take());
            }
            else
            {
                done.AddRange(me.Receive(messages));
            }

            Check(me.Core, done);
        }
    });

    private static void Check(GossipCore core, List<object> done)
    {
        var members = core.Members.ToList();
        Assert.Equal("me", members[0].Info.Name);
        Assert.Equal(MemberStatus.Alive, members[0].Status);
        Assert.InRange(members.Count, 1, 6);
        Assert.Equal(members.Count, members.Select(member => member.Info.Name).Distinct().Count());
        Assert.Equal(members.Count(member => member.Status <= MemberStatus.Suspect), core.Living);
        Assert.InRange(core.HealthScore, 0, 7);
        Assert.InRange(core.Waiting, 0, 8);
        Assert.All(done.OfType<OutgoingPacket>(), packet => Assert.InRange(packet.Bytes, PacketCodec.HeaderBytes + 2, 1400));
        Assert.All(done.OfType<OutgoingPacket>(), packet => Assert.Equal(packet.Bytes, PacketCodec.HeaderBytes + packet.Messages.Sum(PacketCodec.SizeOf)));
        if (members.Exists(member => member.Status == MemberStatus.Suspect))
            Assert.True(core.NextDue < long.MaxValue);
    }
}
