using Concord.Mvcc;
using Concord.Node;
using CsCheck;

namespace Concord.Tests.Node;

public sealed class LeaseTests
{
    private static readonly LeaseId Lease = new(77);

    [Fact]
    public void A_lease_never_ends_before_its_time_and_takes_its_keys_with_it()
    {
        var node = NodeDriver.Leading();
        node.Do(new LeaseGrantCommand(Lease, 2));
        node.Do(NodeDriver.Put("a", "1", Lease));
        node.Do(NodeDriver.Put("b", "1", Lease));
        node.Tick(20);
        Assert.NotNull(node.Core.View.Get("a"u8));

        node.Tick(1);

        Assert.Null(node.Core.View.Get("a"u8));
        Assert.Null(node.Core.View.LeaseTtl(Lease));
        Assert.Equal(4, node.Core.View.Revision);
    }

    [Fact]
    public void Renewing_gives_the_full_time_again_and_the_time_left_counts_down_in_whole_seconds()
    {
        var node = NodeDriver.Leading();
        node.Do(new LeaseGrantCommand(Lease, 2));
        Assert.Equal(2, node.TimeToLive(Lease));
        node.Tick(1);
        Assert.Equal(1, node.TimeToLive(Lease));
        node.Tick(14);
        Assert.Equal(0, node.TimeToLive(Lease));

        var token = node.KeepAlive(Lease);
        Assert.Equal(new LeaseAnswer(token, RequestOutcome.Done, 2), node.Leases[^1]);
        Assert.Equal(2, node.TimeToLive(Lease));
        node.Tick(20);
        Assert.NotNull(node.Core.View.LeaseTtl(Lease));
        node.Tick(1);
        Assert.Null(node.Core.View.LeaseTtl(Lease));
    }

    /// <summary>Its successor may be about to end the lease: a promise of this leader would be worth nothing.</summary>
    [Fact]
    public void A_leader_that_is_cut_off_renews_nothing()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.Propose(1, new LeaseGrantCommand(Lease, 60));
        group.Settle();
        group.CutOff.Add(1);

        var token = group.NextToken();
        group[1].KeepAlive(token, Lease);
        group.Settle();
        Assert.True(group[1].IsLeading);
        Assert.Empty(group.MemberOf(1).Leases);

        group.TickAll(30);
        Assert.Equal(new LeaseAnswer(token, RequestOutcome.NotLeader, null), Assert.Single(group.MemberOf(1).Leases));
    }

    [Fact]
    public void Renewing_an_unknown_lease_is_answered_with_nothing()
    {
        var node = NodeDriver.Leading();
        var token = node.KeepAlive(new(5));

        Assert.Equal(new LeaseAnswer(token, RequestOutcome.Done, null), Assert.Single(node.Leases));
    }

    [Fact]
    public void Renewing_a_lease_whose_end_is_on_its_way_waits_for_the_end()
    {
        var node = NodeDriver.Leading();
        node.Do(new LeaseGrantCommand(Lease, 1));
        node.Tick(10);
        node.Core.Tick();
        node.Take();
        Assert.Equal(1, node.UnflushedWrites);

        var token = node.KeepAlive(Lease);
        Assert.Empty(node.Leases);

        node.Settle();
        Assert.Equal(new LeaseAnswer(token, RequestOutcome.Done, null), Assert.Single(node.Leases));
    }

    [Fact]
    public void A_new_leader_gives_every_lease_its_full_time_and_an_election_timeout()
    {
        var node = NodeDriver.Leading();
        node.Do(new LeaseGrantCommand(Lease, 2));
        node.Tick(19);
        var again = new NodeDriver(before: node);
        again.Settle();

        again.Tick(20 + again.Options.ElectionTicks);
        Assert.NotNull(again.Core.View.LeaseTtl(Lease));
        again.Tick(1);
        Assert.Null(again.Core.View.LeaseTtl(Lease));
    }

    [Fact]
    public void Many_leases_end_in_bounded_commands()
    {
        var node = NodeDriver.Leading(new() { ExpirePerCommandMax = 10 });
        for (var i = 1; i <= 25; i++)
        {
            node.Do(new LeaseGrantCommand(new(i), 1));
        }

        node.Tick(10);
        Assert.Equal(25, node.Core.View.Leases().Count);
        node.Tick(1);
        Assert.Equal(15, node.Core.View.Leases().Count);
        node.Tick(2);
        Assert.Empty(node.Core.View.Leases());
    }

    [Fact]
    public void A_revoked_lease_is_not_ended_again()
    {
        var node = NodeDriver.Leading();
        node.Do(new LeaseGrantCommand(Lease, 1));
        node.Do(new LeaseRevokeCommand(Lease));
        var last = node.Core.LastIndex;
        node.Tick(20);

        Assert.Equal(last, node.Core.LastIndex);
        Assert.Null(node.TimeToLive(Lease));
    }

    [Fact]
    public void The_clock_ends_the_same_leases_at_the_same_ticks_as_a_list_that_is_scanned() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 12], Gen.Int[1, 4]).Array[1, 300].Sample(steps =>
        {
            var clock = new LeaseClock(tickMilliseconds: 500);
            var naive = new SortedDictionary<long, (long Ttl, long Deadline)>();
            long now = 0;
            foreach (var (kind, id, ttl) in steps)
            {
                var lease = new LeaseId(id);
                switch (kind)
                {
                    case 0 when naive.TryAdd(id, (ttl, now + 1 + (ttl * 2))):
                        clock.Add(lease, ttl);
                        break;
                    case 1 when naive.TryGetValue(id, out var one):
                        clock.Renew(clock.Find(lease)!);
                        naive[id] = (one.Ttl, now + 1 + (one.Ttl * 2));
                        break;
                    case 2 when naive.Remove(id):
                        clock.Remove(lease);
                        break;
                    case 3:
                        now++;
                        clock.Tick();
                        List<LeaseId> expired = [];
                        clock.TakeExpired(int.MaxValue, expired);
                        var expected = naive.Where(pair => pair.Value.Deadline <= now).Select(pair => new LeaseId(pair.Key)).ToList();
                        Assert.Equal(expected, expired.OrderBy(one => one.Value));
                        foreach (var gone in expired)
                        {
                            clock.Remove(gone);
                            naive.Remove(gone.Value);
                        }

                        break;
                }

                Assert.Equal(naive.Count, clock.Count);
            }
        });
}
