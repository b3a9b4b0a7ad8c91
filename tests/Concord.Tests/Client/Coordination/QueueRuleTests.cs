using Concord.Client.Coordination;
using Concord.Client.Kv;

namespace Concord.Tests.Client.Coordination;

/// <summary>Whom a waiter watches: a release must wake one of them, not the whole queue.</summary>
public sealed class QueueRuleTests
{
    [Fact]
    public void A_waiter_for_a_lock_watches_the_one_before_it()
    {
        var rule = new QueueRule.Exclusive("");

        Assert.Null(rule.Judge("q", []));
        Assert.Equal(new(KeyRange.Single("q/3"), OrChanged: false), rule.Judge("q", Before("q/3=", "q/2=", "q/1=")));
        Assert.Equal(1, rule.Sight);
    }

    [Fact]
    public void A_reader_watches_the_last_writer_before_it()
    {
        var rule = new QueueRule.Shared();

        Assert.Null(rule.Judge("q", Before("q/2=read", "q/1=read")));
        Assert.Equal(new(KeyRange.Single("q/2"), OrChanged: false), rule.Judge("q", Before("q/3=read", "q/2=", "q/1=")));
    }

    [Fact]
    public void Of_those_who_wait_for_a_permit_only_the_first_watches_the_holders()
    {
        var rule = new QueueRule.Limited(2);

        Assert.Null(rule.Judge("q", Before("q/1=holding 2")));
        Assert.Equal(new(KeyRange.Prefix("q/"), OrChanged: false), rule.Judge("q", Before("q/2=holding 2", "q/1=holding 2")));
        Assert.Equal(new(KeyRange.Single("q/3"), OrChanged: true), rule.Judge("q", Before("q/3=waiting 2", "q/2=holding 2", "q/1=holding 2")));
    }

    private static IReadOnlyList<KeyValue> Before(params string[] places) =>
    [
        .. places.Select(place => place.Split('=')).Select(parts => new KeyValue
        {
            Key = parts[0], Value = parts[1], CreateRevision = 1, ModRevision = 1, Version = 1, Lease = 1,
        }),
    ];
}
