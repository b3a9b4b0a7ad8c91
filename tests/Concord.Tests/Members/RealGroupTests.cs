using System.Net;
using System.Net.Sockets;
using System.Text;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Wire;

namespace Concord.Tests.Members;

/// <summary>The protocol over real sockets: what the simulator cannot show.</summary>
public sealed class RealGroupTests
{
    [Fact]
    public async Task Members_find_each_other_and_learn_a_death_and_a_goodbye()
    {
        await using var group = await RealGroup.StartAsync(5);

        // As a lost host: nothing is said.
        await group[4].DisposeAsync();
        await group.UntilAsync(() => Enumerable.Range(0, 4).All(at => group.StatusOf(4, at) == MemberStatus.Dead), "the fifth is dead for all");

        Assert.True(await group[3].LeaveAsync(RealGroup.Patience));
        await group.UntilAsync(() => Enumerable.Range(0, 3).All(at => group.StatusOf(3, at) == MemberStatus.Left), "the fourth has left for all");
        Assert.All(Enumerable.Range(0, 3), at => Assert.Equal(MemberStatus.Alive, group.StatusOf((at + 1) % 3, at)));
    }

    [Fact]
    public async Task A_dead_member_that_starts_again_at_another_port_is_back()
    {
        await using var group = await RealGroup.StartAsync(3);
        await group[2].DisposeAsync();
        await group.UntilAsync(() => group.StatusOf(2, 0) == MemberStatus.Dead && group.StatusOf(2, 1) == MemberStatus.Dead, "it is dead");

        var again = group.Start("m2");
        Assert.Equal(1, await again.JoinAsync([group[0].Address], RealGroup.Patience));

        await group.UntilAsync(() => group.Members.Take(2).All(member => member.Find("m2") is { Status: MemberStatus.Alive } state && state.Info.Address == again.Address), "it is back");
    }

    [Fact]
    public async Task An_event_reaches_everybody_once()
    {
        await using var group = await RealGroup.StartAsync(4);
        var listening = group.Members.Select(static member => member.Listen(64)).ToList();

        for (var i = 0; i < 10; i++)
        {
            await group[i % 4].SendEventAsync("deploy", Encoding.UTF8.GetBytes($"{i}"));
        }

        foreach (var events in listening)
        {
            Assert.Equal(Enumerable.Range(0, 10), (await TakeAsync(events, 10)).Order());
        }

        // What came twice would be here by the time that a further event is.
        await group[0].SendEventAsync("deploy", Encoding.UTF8.GetBytes("99"));
        foreach (var events in listening)
        {
            Assert.Equal([99], await TakeAsync(events, 1));
            events.Dispose();
        }
    }

    [Fact]
    public async Task Metadata_that_change_are_seen_by_all()
    {
        await using var group = await RealGroup.StartAsync(3);
        await group[1].UpdateAsync(new(MemberMetadata.Server) { Zone = "b", Urls = ["http://127.0.0.1:2379"] });
        await group.UntilAsync(() => group.Members.All(static member => MemberMetadata.Decode(member.Find("m1")!.Value.Info.Metadata.Span) is { Role: "server", Zone: "b", Urls: ["http://127.0.0.1:2379"] }), "all see it");
    }

    [Fact]
    public async Task A_member_whose_packets_are_lost_lives_on_by_streams()
    {
        await using var group = await RealGroup.StartAsync(2);

        // Streams arrive; packets to the same number arrive at a socket that nobody reads.
        using var streams = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        streams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        streams.Listen();
        using var lost = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        lost.Bind(streams.LocalEndPoint!);
        using var packets = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        packets.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var events = group[0].Listen(64);
        var half = group.Start("half", port: new GossipPort(packets, streams));
        await half.JoinAsync([group[0].Address], RealGroup.Patience);

        await foreach (var happened in events.Reader.ReadAllAsync(RealGroup.Patience))
        {
            Assert.IsNotType<GossipEvent.MemberDied>(happened);
            if (happened is GossipEvent.PacketsBlocked blocked)
            {
                Assert.Equal("half", blocked.Member.Name);
                break;
            }
        }
    }

    [Fact]
    public async Task Another_clusters_member_is_refused_and_counted()
    {
        await using var group = await RealGroup.StartAsync(2);
        var stranger = group.Start("stranger", cluster: RealGroup.Cluster + 1);

        Assert.Equal(0, await stranger.JoinAsync([group[0].Address], RealGroup.Patience));

        await group.UntilAsync(() => group[0].Traffic.Refused(PacketRefusal.Cluster) > 0, "it is counted");
        Assert.Null(group[0].Find("stranger"));
    }

    [Fact]
    public async Task A_joiner_goes_on_until_somebody_is_there()
    {
        await using var group = new RealGroup();
        var first = group.Start("first");
        using var port = GossipPort.Bind(new(IPAddress.Loopback, 0));
        var address = port.Reached(null, 0)!.Value;
        using var stop = new CancellationTokenSource();
        var joining = new SeedJoiner(first, _ => Task.FromResult<IReadOnlyList<GossipAddress>>([address]), TimeProvider.System).RunAsync(stop.Token);
        await group.UntilAsync(() => first.Counters.PushPullsFailed > 0 || first.Traffic.StreamsSent > 0, "it has tried");

        group.Start("second", port: port);

        await group.UntilAsync(() => group.Living(first) == 2, "they have found each other");
        await stop.CancelAsync();
        await joining;
    }

    [Fact]
    public void Metadata_are_cut_to_what_fits_and_garbage_is_nobody()
    {
        var large = new MemberMetadata(MemberMetadata.Server) { Id = "8e9e05c52164694d", Zone = "z", Urls = [.. Enumerable.Range(0, 40).Select(static i => $"http://host-{i}.example.com:2379")] };
        var bytes = large.Encode();
        Assert.InRange(bytes.Length, 400, MemberInfo.MetadataBytesMax);
        var read = MemberMetadata.Decode(bytes);
        Assert.Equal(("server", "8e9e05c52164694d", "z"), (read.Role, read.Id, read.Zone));
        Assert.Equal(large.Urls.Take(read.Urls!.Count), read.Urls);
        Assert.Equal("", MemberMetadata.Decode([0xFF, 0x00]).Role);
        Assert.Equal("", MemberMetadata.Decode("{}"u8).Role);
    }

    [Theory]
    [InlineData("10.1.2.3:99", "10.1.2.3:99")]
    [InlineData("host.example", "host.example:7946")]
    [InlineData("[fd00::1]:7", "[fd00::1]:7")]
    [InlineData("a b", null)]
    [InlineData("host:99/x", null)]
    [InlineData("", null)]
    public void A_seed_is_a_host_and_a_port(string text, string? shown) => Assert.Equal(shown, GossipSeed.Parse(text)?.ToString());

    private static async Task<List<int>> TakeAsync(GossipEvents events, int count)
    {
        var taken = new List<int>();
        while (taken.Count < count)
        {
            if (await events.Reader.ReadAsync(RealGroup.Patience) is GossipEvent.UserEventReceived { Event: { Name: "deploy" } happened })
            {
                taken.Add(int.Parse(Encoding.UTF8.GetString(happened.Payload.Span), System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return taken;
    }
}
