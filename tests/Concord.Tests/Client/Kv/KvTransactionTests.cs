using Concord.Client;
using Concord.Client.Kv;
using Concord.Tests.Etcd;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client.Kv;

public sealed class KvTransactionTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    private readonly ConcordClient _client = new(TestClients.Options(new Uri(server.Url)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task The_branch_that_is_chosen_runs_at_one_revision_and_gives_one_result_per_operation()
    {
        await _client.Kv.PutAsync("t1/a", "1", cancellationToken: Stop);

        var result = await _client.Kv.Transaction()
            .When(KvCondition.Exists("t1/a"), KvCondition.Absent("t1/b"), KvCondition.Value("t1/a", Comparison.Equal, "1"))
            .Then(
                KvOperation.Put("t1/b", "2", new() { ReturnPrevious = true }),
                KvOperation.Read(KeyRange.Prefix("t1/")),
                KvOperation.Delete(KeyRange.Single("t1/a"), returnPrevious: true))
            .Else(KvOperation.Get("t1/none"))
            .CommitAsync(Stop);

        Assert.True(result.Succeeded);
        Assert.Null(Assert.IsType<OperationResult.Put>(result.Results[0]).Previous);
        var read = Assert.IsType<OperationResult.Read>(result.Results[1]);
        Assert.Equal(["t1/a=1", "t1/b=2"], read.Pairs.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(2, read.Count);
        Assert.Equal("1", Assert.Single(Assert.IsType<OperationResult.Delete>(result.Results[2]).Previous).Value.ToString());
        Assert.Equal(result.Revision, (await _client.Kv.GetAsync("t1/b", cancellationToken: Stop))!.ModRevision);
    }

    [Fact]
    public async Task What_does_not_hold_and_what_does_not_exist_are_results()
    {
        var result = await _client.Kv.Transaction()
            .When(KvCondition.Version("t2/a", Comparison.Greater, 0))
            .Then(KvOperation.Put("t2/a", "1"))
            .Else(KvOperation.Get("t2/a"), KvOperation.Delete(KeyRange.Single("t2/a")))
            .CommitAsync(Stop);

        Assert.False(result.Succeeded);
        Assert.Empty(Assert.IsType<OperationResult.Read>(result.Results[0]).Pairs);
        Assert.Equal(0, Assert.IsType<OperationResult.Delete>(result.Results[1]).Deleted);
    }

    [Fact]
    public async Task Conditions_on_ranges_and_transactions_within_one()
    {
        var created = await RunAsync();
        var again = await RunAsync();
        var untouched = await UnchangedAsync(created.Revision);
        await _client.Kv.PutAsync("t3/x/a", "2", cancellationToken: Stop);

        Assert.Equal("created", Nested(created));
        Assert.Equal("was there", Nested(again));
        Assert.Equal((true, false), (untouched, await UnchangedAsync(created.Revision)));

        Task<TransactionResult> RunAsync() => _client.Kv.Transaction()
            .Then(
                KvOperation.Put("t3/log", "1"),
                KvOperation.Transaction(_client.Kv.Transaction()
                    .When(KvCondition.Absent(KeyRange.Prefix("t3/x/")))
                    .Then(KvOperation.Put("t3/x/a", "1"))
                    .Else(KvOperation.Get("t3/x/a"))))
            .CommitAsync(Stop);

        async Task<bool> UnchangedAsync(long revision) =>
            (await _client.Kv.Transaction().When(KvCondition.UnchangedSince(KeyRange.Prefix("t3/x/"), revision)).Then(KvOperation.Get("t3/log")).CommitAsync(Stop)).Succeeded;

        static string Nested(TransactionResult result)
        {
            var nested = Assert.IsType<OperationResult.Nested>(result.Results[1]).Result;
            return nested.Succeeded ? "created" : Assert.IsType<OperationResult.Read>(nested.Results[0]).Pairs is [_] ? "was there" : "was not there";
        }
    }

    [Fact]
    public async Task A_delete_deletes_only_what_it_expected()
    {
        var put = await _client.Kv.PutAsync("t4/a", "1", cancellationToken: Stop);
        var stale = await _client.Kv.CompareAndDeleteAsync("t4/a", put.Revision - 1, Stop);
        var deleted = await _client.Kv.CompareAndDeleteAsync("t4/a", put.Revision, Stop);
        var missing = await _client.Kv.CompareAndDeleteAsync("t4/a", put.Revision, Stop);

        Assert.Equal((false, "1"), (stale.Deleted, stale.Current!.Value.ToString()));
        Assert.True(deleted.Deleted);
        Assert.Equal((false, null), (missing.Deleted, missing.Current));
    }

    [Fact]
    public async Task What_can_never_run_is_refused()
    {
        var refused = await Assert.ThrowsAsync<ConcordServerException>(
            () => _client.Kv.Transaction().Then(KvOperation.Put("t5/a", "1"), KvOperation.Put("t5/a", "2")).CommitAsync(Stop));

        Assert.Contains("duplicate key", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }
}
