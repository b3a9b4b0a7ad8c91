using Concord.Client;
using Concord.Client.Kv;
using Concord.Protocol.Etcd;
using Grpc.Core;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client.Kv;

public sealed class KvClientTests : KvFixture
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_written_read_and_gone()
    {
        var put = await Client.Kv.PutAsync("greeting", "hello", cancellationToken: Stop);
        var read = await Client.Kv.GetAsync("greeting", cancellationToken: Stop);
        var delete = await Client.Kv.DeleteAsync(KeyRange.Single("greeting"), returnPrevious: true, Stop);

        Assert.Equal(("hello", put.Revision, 1), (read!.Value.ToString(), read.ModRevision, read.Version));
        Assert.Equal((1, "hello"), (delete.Deleted, Assert.Single(delete.Previous).Value.ToString()));
        Assert.Null(await Client.Kv.GetAsync("greeting", cancellationToken: Stop));
    }

    [Fact]
    public async Task A_swap_writes_only_what_it_expected()
    {
        var first = await Client.Kv.CompareAndSwapAsync("a", 0, "1", cancellationToken: Stop);
        var lost = await Client.Kv.CompareAndSwapAsync("a", 0, "2", cancellationToken: Stop);
        var won = await Client.Kv.CompareAndSwapAsync("a", first.Revision, "3", cancellationToken: Stop);
        var missing = await Client.Kv.CompareAndSwapAsync("b", 5, "1", cancellationToken: Stop);

        Assert.True(first.Swapped && won.Swapped);
        Assert.Equal((false, "1"), (lost.Swapped, lost.Current!.Value.ToString()));
        Assert.Equal((false, null), (missing.Swapped, missing.Current));
        Assert.Equal("3", (await Client.Kv.GetAsync("a", cancellationToken: Stop))!.Value.ToString());
    }

    /// <summary>A range larger than any page comes whole, in order, and as of the revision of its first page.</summary>
    [Fact]
    public async Task A_range_comes_in_pages_of_one_revision()
    {
        for (var i = 0; i < 500; i++)
            Server.Kv.Set($"k/{i:d4}", "v");
        var revision = Server.Kv.Revision;
        Server.Kv.AfterRange = () => Server.Kv.Revision++;

        var keys = new List<string>();
        await foreach (var pair in Client.Kv.GetPrefixAsync("k/", cancellationToken: Stop))
            keys.Add(pair.Key.ToString());

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"k/{i:d4}"), keys);
        var pages = Server.Kv.Requests.OfType<RangeRequest>().ToList();
        Assert.Equal([16, 128, 1024], pages.Select(page => page.Limit));
        Assert.Equal(0, pages[0].Revision);
        Assert.All(pages.Skip(1), page => Assert.Equal(revision, page.Revision));
    }

    /// <summary>The next page may cost 1 MiB: values of 300 KiB come three at a time, not by the thousand.</summary>
    [Fact]
    public async Task Pages_of_large_values_hold_few_keys()
    {
        for (var i = 0; i < 20; i++)
            Server.Kv.Set($"k/{i:d4}", new string('x', 300 * 1024));

        var count = 0;
        await foreach (var _ in Client.Kv.GetPrefixAsync("k/", cancellationToken: Stop))
            count++;

        Assert.Equal(20, count);
        Assert.Equal([16, 3, 3], Server.Kv.Requests.OfType<RangeRequest>().Select(page => page.Limit));
    }

    [Fact]
    public async Task A_limit_holds_across_pages()
    {
        for (var i = 0; i < 100; i++)
            Server.Kv.Set($"k/{i:d4}", "v");

        var keys = new List<string>();
        await foreach (var pair in Client.Kv.RangeAsync(KeyRange.Prefix("k/"), new() { Limit = 20, KeysOnly = true }, Stop))
            keys.Add(pair.Key.ToString());

        Assert.Equal(20, keys.Count);
        Assert.Equal([16, 4], Server.Kv.Requests.OfType<RangeRequest>().Select(page => page.Limit));
        Assert.Equal(100, await Client.Kv.CountAsync(KeyRange.Prefix("k/"), cancellationToken: Stop));
    }

    [Fact]
    public async Task A_refusal_carries_what_the_server_said()
    {
        Server.Kv.Refuse = _ => new RpcException(new Status(StatusCode.OutOfRange, "etcdserver: mvcc: required revision has been compacted"));

        var refused = await Assert.ThrowsAsync<ConcordServerException>(
            () => Client.Kv.GetAsync("a", new() { Revision = 1 }, Stop));

        Assert.Equal((StatusCode.OutOfRange, "OutOfRange"), (refused.Status, refused.Code));
        Assert.Contains("compacted", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_are_compared_by_content_and_say_whether_they_are_text()
    {
        KvBytes text = "ü";
        KvBytes same = new byte[] { 0xc3, 0xbc };
        KvBytes binary = new byte[] { 0xc3 };

        Assert.True(text == same && text.GetHashCode() == same.GetHashCode());
        Assert.True(binary != text && binary.CompareTo(text) < 0);
        Assert.True(text.TryGetText(out var read) && read == "ü");
        Assert.False(binary.TryGetText(out _));
    }
}
