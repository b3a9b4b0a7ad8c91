using Concord.Tests.Client;
using Concord.Tests.Etcd;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Cli;

/// <summary>Commands under a lock or a leadership, against a whole server, with the shell that every Unix has.</summary>
public sealed class HeldCommandTests(EtcdServer server) : IClassFixture<EtcdServer>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("lock")]
    [InlineData("elect")]
    public async Task The_command_runs_with_its_token_and_its_exit_code_is_the_result(string verb)
    {
        var run = await RunAsync(verb, $"h/{verb}", "--", "sh", "-c", $"echo $CONCORD_FENCING_TOKEN $CONCORD_LOCK_KEY > {File("out")}; exit 42");

        Assert.Equal(new CliRun(42, "", ""), run);
        var said = (await System.IO.File.ReadAllTextAsync(File("out"), Stop)).Split();
        Assert.StartsWith($"h/{verb}/", said[1], StringComparison.Ordinal);
        Assert.Empty((await server.ListAsync($"h/{verb}/")).Kvs);

        // The put that made the key and the delete that ended it are the last two changes that this test made.
        Assert.InRange(long.Parse(said[0], System.Globalization.CultureInfo.InvariantCulture), 2, (await server.GetAsync("x")).Header.Revision - 1);
    }

    [Fact]
    public async Task While_it_runs_others_wait_or_are_told()
    {
        var running = RunAsync("elect", "h/b", "--value", "me", "--", "sh", "-c", $"echo > {File("started")}; until [ -e {File("end")} ]; do sleep 0.02; done");
        await Wait.UntilAsync(() => System.IO.File.Exists(File("started")), "the command runs");
        Assert.Equal("me", (await server.Election.LeaderAsync(new() { Name = Bytes("h/b") }, cancellationToken: Stop)).Kv.Value.ToStringUtf8());

        var refused = await RunAsync("lock", "h/b", "--wait", "0", "--", "true");
        await System.IO.File.WriteAllTextAsync(File("end"), "", Stop);

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("h/b is locked by somebody else", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await running).ExitCode);
        Assert.Equal(0, (await RunAsync("lock", "h/b", "--wait", "0", "--", "true")).ExitCode);
    }

    /// <summary>Without the kill the test would wait for the command's ten minutes.</summary>
    [Fact]
    public async Task A_command_whose_lock_is_taken_away_is_killed_with_all_it_started()
    {
        var running = RunAsync("lock", "h/c", "--", "sh", "-c", $"sh -c 'echo > {File("started")}; sleep 600; echo late > {File("late")}'; exit 0");
        await Wait.UntilAsync(() => System.IO.File.Exists(File("started")), "the command runs");

        await server.Kv.DeleteRangeAsync(new() { Key = Bytes("h/c/"), RangeEnd = Bytes("h/c0") }, cancellationToken: Stop);

        var run = await running.WaitAsync(Wait.Bound, Stop);
        Assert.Equal(5, run.ExitCode);
        Assert.Contains("h/c was lost", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_it_is_stopped_it_stops_its_command_first()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = new CliStart { Endpoint = server.Url, Stop = stop.Token }.RunAsync(
            "lock", "h/d", "--", "sh", "-c", $"trap 'echo > {File("ended")}; exit 0' TERM; echo > {File("started")}; while :; do sleep 0.02; done");
        await Wait.UntilAsync(() => System.IO.File.Exists(File("started")), "the command runs");

        await stop.CancelAsync();

        Assert.Equal(130, (await running.WaitAsync(Wait.Bound, Stop)).ExitCode);
        Assert.True(System.IO.File.Exists(File("ended")));
        Assert.Empty((await server.ListAsync("h/d/")).Kvs);
    }

    [Fact]
    public async Task A_command_that_cannot_be_started_leaves_no_lock()
    {
        var run = await RunAsync("lock", "h/e", "--", "no-such-command-here");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'no-such-command-here' cannot be started", run.Error, StringComparison.Ordinal);
        Assert.Empty((await server.ListAsync("h/e/")).Kvs);
        Assert.Equal(2, (await RunAsync("lock", "h/e")).ExitCode);
        Assert.Equal(2, (await RunAsync("lock", "h/e", "--ttl", "0", "--", "true")).ExitCode);
    }

    private Task<CliRun> RunAsync(params string[] args) => new CliStart { Endpoint = server.Url, Stop = Stop }.RunAsync(args);

    private string File(string name) => Path.Combine(_directory.Path, name);
}
