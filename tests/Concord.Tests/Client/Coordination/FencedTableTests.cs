using Concord.Client;
using Concord.Tests.Configs.Rest;
using Fencing;

namespace Concord.Tests.Client.Coordination;

/// <summary>The sample's promise: a database refuses whoever held the lock before.</summary>
public sealed class FencedTableTests(RestServer server) : IClassFixture<RestServer>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("concord-fencing-");

    private string DatabaseFile => Path.Combine(_directory.FullName, "reports.db");

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_holder_that_lost_the_lock_cannot_write_any_more()
    {
        await using var client = new ConcordClient(server.Url.ToString());
        using var table = new FencedTable(DatabaseFile);
        var first = await client.Locks.AcquireAsync("fenced/report", cancellationToken: RestServer.Patience);
        table.Write("report", first.FencingToken, "r", "first");
        table.Write("report", first.FencingToken, "r", "first again");
        await first.DisposeAsync();
        await using var second = await client.Locks.AcquireAsync("fenced/report", cancellationToken: RestServer.Patience);
        table.Write("report", second.FencingToken, "r", "second");

        var refusal = Assert.Throws<StaleTokenException>(() => table.Write("report", first.FencingToken, "r", "late"));

        Assert.Equal((first.FencingToken, second.FencingToken), (refusal.Token, refusal.Newest));
        Assert.Equal("second", table.Read("r"));
        // Another resource has tokens of its own.
        table.Write("other", first.FencingToken, "o", "fine");
    }

    [Fact]
    public async Task Of_many_writers_at_once_the_newest_has_the_last_word()
    {
        using (new FencedTable(DatabaseFile))
        {
        }

        await Task.WhenAll(Enumerable.Range(1, 20).Select(token => Task.Run(() =>
        {
            using var table = new FencedTable(DatabaseFile);
            try
            {
                table.Write("report", token, "r", $"{token}");
            }
            catch (StaleTokenException)
            {
                // A newer one was quicker.
            }
        })));

        using var table = new FencedTable(DatabaseFile);
        Assert.Equal("20", table.Read("r"));
    }
}
