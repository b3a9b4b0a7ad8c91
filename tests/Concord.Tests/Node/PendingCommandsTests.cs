using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

public sealed class PendingCommandsTests
{
    private readonly PendingCommands _pending = new();

    [Fact]
    public void Who_waits_for_an_entry_that_another_leader_replaced_is_told_so()
    {
        Add(5, 1, 50);
        Add(6, 1, 60);
        Add(7, 1, 70);

        Assert.Equal(new RequestToken(50), Take(5, 1));
        Assert.Null(Take(6, 2));
        Assert.Equal([60, 70], Superseded());
    }

    [Fact]
    public void A_later_leader_that_appends_at_an_earlier_place_settles_what_waited_from_there_on()
    {
        Add(5, 1, 50);
        Add(6, 1, 60);
        Add(7, 1, 70);
        Add(6, 3, 61);

        Assert.Equal([70, 60], Superseded());
        Assert.Equal(new RequestToken(50), Take(5, 1));
        Assert.Equal(new RequestToken(61), Take(6, 3));
        Assert.Empty(Superseded());
    }

    [Fact]
    public void Words_of_two_leaders_may_arrive_in_the_wrong_order()
    {
        Add(5, 3, 50);
        Add(8, 3, 80);
        Add(6, 1, 60);
        Add(4, 1, 40);
        Add(7, 3, 70);

        Assert.Equal([60], Superseded());
        Assert.Equal(new RequestToken(40), Take(4, 1));
        Assert.Equal(new RequestToken(50), Take(5, 3));
        Assert.Equal(new RequestToken(70), Take(7, 3));
        Assert.Equal(new RequestToken(80), Take(8, 3));
    }

    [Fact]
    public void Who_waits_for_an_entry_that_a_snapshot_replaced_is_known()
    {
        Add(5, 1, 50);
        Add(6, 1, 60);
        Add(9, 1, 90);

        Assert.Equal([new RequestToken(50), new RequestToken(60)], _pending.TakeSkipped(new LogIndex(8)));
        Assert.Equal(new RequestToken(90), Take(9, 1));
    }

    [Fact]
    public void Thousands_may_wait()
    {
        for (var i = 1; i <= 10_000; i++)
        {
            Add(i, 1, i);
        }

        for (var i = 1; i <= 9_000; i++)
        {
            Assert.Equal(new RequestToken(i), Take(i, 1));
        }

        Add(10_001, 1, 10_001);
        Assert.Equal(new RequestToken(9_001), Take(9_001, 1));
        Assert.Equal(1_000, _pending.TakeSkipped(new LogIndex(20_000)).Count());
    }

    private void Add(long index, long term, long token) => _pending.Add(new LogIndex(index), new Term(term), new RequestToken(token));

    private RequestToken? Take(long index, long term) => _pending.Take(new LogEntry(new LogIndex(index), new Term(term), EntryKind.Command, default));

    private IEnumerable<long> Superseded()
    {
        List<RequestToken> tokens = [];
        _pending.TakeSuperseded(tokens);
        return tokens.Select(token => token.Value);
    }
}
