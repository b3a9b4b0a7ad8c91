using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Tests.Peers;

/// <summary>The transport over real sockets on loopback, ports chosen by the system.</summary>
public sealed class PeerNetworkTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task Messages_arrive_once_and_in_order()
    {
        using PeerEnd a = new(1), b = new(2);
        PeerEnd.Connect(a, b);
        await a.ExpectAsync(b.Id, PeerEvent.Connected);
        for (var i = 0; i < 5_000; i++)
        {
            Assert.True(a.Send(b, i, bytes: i % 700));
        }

        for (var i = 0; i < 5_000; i++)
        {
            var message = Assert.IsType<PeerMessage.Propose>(await b.ReceiveAsync());
            Assert.Equal((a.Id, (long)i, i % 700), (message.From, message.Numbers[0], message.Commands[0].Length));
        }
    }

    [Fact]
    public async Task A_member_that_ends_is_reported_refused_and_one_that_is_back_connected()
    {
        using PeerEnd a = new(1);
        int port;
        using (PeerEnd b = new(2))
        {
            port = b.Port;
            PeerEnd.Connect(a, b);
            await a.ExpectAsync(b.Id, PeerEvent.Connected);
            await b.ExpectAsync(a.Id, PeerEvent.Connected);
        }

        await a.ExpectAsync(new(2), PeerEvent.ConnectionLost);
        await a.ExpectAsync(new(2), PeerEvent.ConnectionRefused);
        Assert.False(a.Network.Send(new(2), new PeerMessage.Propose([1], [default]), 0));

        using PeerEnd again = new(2, port: port);
        await a.ExpectAsync(again.Id, PeerEvent.Connected);
        Assert.True(a.Send(again, 2));
        Assert.Equal(2, ((PeerMessage.Propose)await again.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public async Task Whoever_is_not_known_yet_is_answered_where_it_says_that_it_is()
    {
        using PeerEnd known = new(1), stranger = new(2);
        var told = stranger.Options with { AdvertiseUrls = [stranger.Url] };
        using var connection = PeerConnection.Open(new(known.Url), Hello(told, known.Id), told, Patience);

        await known.ExpectAsync(stranger.Id, PeerEvent.Connected);

        Assert.True(known.Send(stranger, 9));
        Assert.Equal(9, ((PeerMessage.Propose)await stranger.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public void Strangers_are_refused_with_what_does_not_fit()
    {
        using PeerEnd a = new(1), b = new(2), c = new(3);
        a.Agree(removed: c, a, b);

        Refused(Hello(b.Options, a.Id) with { ClusterId = 5 }, PeerRefusal.WrongCluster, "not of cluster 5");
        Refused(Hello(b.Options, new(8)), PeerRefusal.WrongMember, "not member 8");
        Refused(Hello(b.Options, a.Id) with { Versions = new(98, 99) }, PeerRefusal.WrongVersion, $"{PeerVersions.Spoken} of the peer protocol, not versions 98 to 99");
        Refused(Hello(b.Options, a.Id) with { From = a.Id }, PeerRefusal.SameMember, "copies of one data directory");
        Refused(Hello(c.Options, a.Id), PeerRefusal.Removed, "member 3 has been permanently removed");

        void Refused(PeerHello hello, PeerRefusal refusal, string text)
        {
            var error = Assert.Throws<PeerRefusedException>(() => PeerConnection.Open(new(a.Url), hello, b.Options, Patience));
            Assert.Equal(refusal, error.Refusal);
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_removed_member_is_told_so()
    {
        using PeerEnd a = new(1), b = new(2);
        PeerEnd.Connect(a, b);
        await a.ExpectAsync(b.Id, PeerEvent.Connected);
        using PeerEnd c = new(3);
        a.Follow(a, b, c);
        c.Follow(a, b, c);
        await c.ExpectAsync(a.Id, PeerEvent.Connected);

        // In force but not agreed on yet: it may be taken back, and the vote of the third may be needed for that.
        a.Follow(a, b);
        Assert.True(c.Send(a, 1));
        Assert.Equal(1, ((PeerMessage.Propose)await a.ReceiveAsync()).Numbers[0]);

        a.Agree(removed: c, a, b);
        while (c.Send(a, 2))
        {
        }

        await c.ExpectAsync(a.Id, PeerEvent.Removed);
    }

    [Fact]
    public async Task Members_of_two_releases_use_what_both_speak()
    {
        using PeerEnd newer = new(1), older = new(2, versions: new(1, 1));
        PeerEnd.Connect(newer, older);
        await newer.ExpectAsync(older.Id, PeerEvent.Connected);
        await older.ExpectAsync(newer.Id, PeerEvent.Connected);

        // What the older one does not know is not sent; what follows it arrives.
        newer.Network.Send(older.Id, new PeerMessage.StateHash(new(1), 1, 0, AuthChanges: 0, 7), 32);
        Assert.True(newer.Send(older, 8));
        Assert.Equal(8, Assert.IsType<PeerMessage.Propose>(await older.ReceiveAsync()).Numbers[0]);
        Assert.True(older.Send(newer, 9));
        Assert.Equal(9, Assert.IsType<PeerMessage.Propose>(await newer.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public async Task Members_of_one_release_use_all_of_it()
    {
        using PeerEnd a = new(1), b = new(2);
        PeerEnd.Connect(a, b);
        await a.ExpectAsync(b.Id, PeerEvent.Connected);

        a.Network.Send(b.Id, new PeerMessage.StateHash(new(1), 1, 0, AuthChanges: 0, 7), 32);
        a.Network.Flush();

        Assert.Equal(7u, Assert.IsType<PeerMessage.StateHash>(await b.ReceiveAsync()).Hash);
    }

    [Theory]
    [InlineData(1, 2, 1, 2, 2)]
    [InlineData(1, 2, 1, 1, 1)]
    [InlineData(2, 3, 1, 2, 2)]
    [InlineData(1, 2, 3, 4, null)]
    [InlineData(3, 4, 1, 2, null)]
    public void The_newest_version_that_both_speak_is_spoken(int oldest, int newest, int otherOldest, int otherNewest, int? spoken) =>
        Assert.Equal(spoken, new PeerVersions(oldest, newest).CommonWith(new(otherOldest, otherNewest)));

    [Fact]
    public async Task What_a_slow_member_has_no_room_for_is_dropped_and_reported_and_the_rest_arrives()
    {
        using PeerEnd a = new(1, queueBytesMax: 1 << 20), b = new(2);
        PeerEnd.Connect(a, b);
        await a.ExpectAsync(b.Id, PeerEvent.Connected);
        b.StopTaking();
        var sent = 0;
        while (a.Send(b, sent, bytes: 200_000))
        {
            sent++;
        }

        await a.ExpectAsync(b.Id, PeerEvent.MessagesLost);
        b.TakeAgain();
        for (var i = 0; i < sent; i++)
        {
            Assert.Equal(i, ((PeerMessage.Propose)await b.ReceiveAsync()).Numbers[0]);
        }

        Assert.True(a.Send(b, -1));
        Assert.Equal(-1, ((PeerMessage.Propose)await b.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public async Task A_member_that_moved_is_found_at_its_new_address()
    {
        using PeerEnd a = new(1), old = new(2), moved = new(2);
        a.Follow(a, old);
        await a.ExpectAsync(old.Id, PeerEvent.Connected);
        a.Follow(a, moved);
        await a.ExpectAsync(moved.Id, PeerEvent.Connected);

        Assert.True(a.Send(moved, 1));
        Assert.Equal(1, ((PeerMessage.Propose)await moved.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public void Anybody_may_ask_who_the_members_are()
    {
        using PeerEnd a = new(1, cluster: 77), b = new(2, cluster: 5);
        var membership = Membership.Of(new MemberId(1), new MemberId(4)) with
        {
            Context = MemberDirectory.Empty.With(new(4), new("four", ["http://x:1"], [])).Encode(),
        };
        a.Network.Publish(new(77, a.Id, new(4), new(12), membership));

        var (facts, problem) = ClusterFacts.Ask(new(a.Url), b.Options, Patience);

        Assert.Null(problem);
        Assert.Equal((77ul, a.Id, new MemberId(4), new LogIndex(12)), (facts!.ClusterId, facts.Member, facts.Leader, facts.Applied));
        Assert.Equal("four", MemberDirectory.Of(facts.Membership)[new(4)].Name);
    }

    [Fact]
    public void Who_does_not_answer_is_named_with_the_reason()
    {
        int port;
        using (PeerEnd gone = new(2))
        {
            port = gone.Port;
        }

        using PeerEnd a = new(1);
        var (facts, problem) = ClusterFacts.Ask(new($"http://127.0.0.1:{port}"), a.Options, Patience);

        Assert.Null(facts);
        Assert.Contains("refused", problem, StringComparison.OrdinalIgnoreCase);
    }

    private static PeerHello Hello(PeerOptions options, MemberId to) =>
        new(PeerVersions.Spoken, PeerLane.Messages, options.Identity.ClusterId, new(options.Identity.MemberId), to, options.Identity.Name, options.AdvertiseUrls);
}
