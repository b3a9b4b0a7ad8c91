using System.Text.Json;
using Concord.Tests.Client;
using Concord.Tests.Configs.Rest;

namespace Concord.Tests.Cli;

/// <summary>The commands about services, against a whole server. Each test has services of its own.</summary>
public sealed class ServiceCommandTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task An_instance_is_registered_shown_drained_maintained_and_removed()
    {
        Said("cli-a/one is registered, until it is deregistered.", await RunAsync(
            "service", "register", "cli-a", "--id", "one", "--address", "http://10.0.0.1:8080", "--address", "metrics=http://10.0.0.1:9090", "--zone", "eu-1", "--version", "2", "--weight", "7", "--tag", "blue", "--meta", "k=v"));
        Assert.Contains("cli-a            1        1     0  blue", (await RunAsync("service", "list", "--prefix", "cli-a")).Out, StringComparison.Ordinal);
        Said(
            """
            INSTANCE  STATE    SINCE  ADDRESS                                            ZONE  VERSION  WEIGHT  TAGS  REASON
            one       passing  now    http://10.0.0.1:8080 metrics=http://10.0.0.1:9090  eu-1  2             7  blue
            """,
            await RunAsync("service", "show", "cli-a"));

        Said("cli-a/one is draining.", await RunAsync("service", "drain", "cli-a", "one", "--reason", "new drum"));
        Said("cli-a/one is in maintenance.", await RunAsync("service", "maintenance", "cli-a", "one"));
        Said("cli-a/one was in maintenance already.", await RunAsync("service", "maintenance", "cli-a", "one"));
        Said("cli-a/one is in service.", await RunAsync("service", "maintenance", "cli-a", "one", "--off"));
        Said("The zone cli-zone is in maintenance.", await RunAsync("service", "maintenance", "--zone", "cli-zone"));
        Said("The zone cli-zone is in service.", await RunAsync("service", "maintenance", "--zone", "cli-zone", "--off"));

        var shown = JsonDocument.Parse((await RunAsync("service", "show", "cli-a", "--state", "draining", "-o", "json")).Out).RootElement;
        var one = shown.GetProperty("instances")[0];
        Assert.Equal(("draining", "new drum", 7, "v"), (one.GetProperty("state").GetString(), one.GetProperty("reason").GetString(), one.GetProperty("weight").GetInt32(), one.GetProperty("metadata").GetProperty("k").GetString()));

        Said("cli-a/one is deregistered.", await RunAsync("service", "deregister", "cli-a", "one"));
        Said("There is no instance cli-a/one.", await RunAsync("service", "deregister", "cli-a", "one"));
        Said("cli-a has no instances.", await RunAsync("service", "show", "cli-a"));
    }

    [Fact]
    public async Task How_calls_are_shared_out_is_shown_for_a_callers_place()
    {
        await RunAsync("service", "register", "cli-route", "--id", "old", "--address", "http://10.0.0.1:80", "--zone", "eu-1", "--version", "1");
        await RunAsync("service", "register", "cli-route", "--id", "new", "--address", "http://10.0.0.2:80", "--zone", "eu-2", "--version", "2");
        await RunAsync("service", "register", "cli-route", "--id", "closed", "--address", "http://10.0.0.3:80", "--zone", "eu-3", "--version", "1");
        await server.ReleaseAsync("routing/cli/cli-route", "yaml", "split:\n  - { version: \"2\", percent: 2.5 }\n  - { percent: 97.5 }\nfailover: [own-zone, any]\nmaintenance: { eu-3: new switches }\n");

        var shown = await RunAsync("service", "route", "cli-route", "--environment", "cli", "--zone", "eu-1");

        Assert.Equal("", shown.Error);
        Assert.Contains("2          2.5  own-zone   0 of 0", shown.Out, StringComparison.Ordinal);
        Assert.Contains("any        1 of 1  new", shown.Out, StringComparison.Ordinal);
        Assert.Contains("rest      97.5  own-zone   1 of 1  old", shown.Out, StringComparison.Ordinal);
        Assert.Contains("1 of 3 instances get nothing; in maintenance: eu-3 (new switches).", shown.Out, StringComparison.Ordinal);
        var shares = JsonDocument.Parse((await RunAsync("service", "route", "cli-route", "--environment", "cli", "-o", "json")).Out).RootElement.GetProperty("shares");
        Assert.Equal(("rest", 97.5), (shares[1].GetProperty("name").GetString(), shares[1].GetProperty("percent").GetDouble()));
    }

    [Fact]
    public async Task One_that_is_held_goes_when_the_command_is_stopped()
    {
        using var stop = new CancellationTokenSource(Wait.Bound);
        var run = await new CliStart
        {
            Endpoint = server.Url.ToString(),
            Stop = stop.Token,
            Printed = text =>
            {
                if (text.Contains("until this command is stopped", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            },
        }.RunAsync("service", "register", "cli-b", "--id", "one", "--address", "http://10.0.0.1:8080", "--hold", "--drain-time", "0");

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Equal("cli-b/one is registered, until this command is stopped.\ncli-b/one is deregistered.\n", run.Out);
        Said("cli-b has no instances.", await RunAsync("service", "show", "cli-b"));
    }

    [Theory]
    [InlineData("cli-c", "cli-c")]
    [InlineData("cli-prefix", "--prefix", "cli-pre")]
    [InlineData("cli-tag", "--tag", "cli-tag-blue")]
    public async Task A_watch_prints_one_line_of_json_for_each_change(string service, params string[] filter)
    {
        using var stop = new CancellationTokenSource(Wait.Bound);
        var registered = Task.CompletedTask;
        var run = await new CliStart
        {
            Endpoint = server.Url.ToString(),
            Stop = stop.Token,
            Printed = text =>
            {
                if (text.Contains("\"full\"", StringComparison.Ordinal) && registered == Task.CompletedTask)
                {
                    registered = RunAsync("service", "register", service, "--id", "one", "--address", "http://10.0.0.1:8080", "--tag", $"{service}-blue");
                }
                else if (text.Contains("\"service\",", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            },
        }.RunAsync(["service", "watch", .. filter, "-o", "json"]);

        await registered;
        Assert.Equal(0, run.ExitCode);
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("full set service", string.Join(' ', lines.Select(line => line.GetProperty("event").GetString())));
        Assert.Equal(service, lines[1].GetProperty("service").GetString());
        Assert.Equal(("one", "passing"), (lines[1].GetProperty("id").GetString(), lines[1].GetProperty("instance").GetProperty("state").GetString()));
        Assert.Equal(1, lines[2].GetProperty("summary").GetProperty("healthy").GetInt32());
    }

    [Fact]
    public async Task The_panic_threshold_is_shown_and_set()
    {
        Said("cli-e: if fewer than 30 % of the instances are healthy, callers get the critical ones too.", await RunAsync("service", "settings", "cli-e"));
        Said("cli-e: if fewer than 55 % of the instances are healthy, callers get the critical ones too.", await RunAsync("service", "settings", "cli-e", "--panic-threshold", "55%"));
        Said("cli-e: if fewer than 55 % of the instances are healthy, callers get the critical ones too.", await RunAsync("service", "settings", "cli-e"));
        Said("cli-e: no panic threshold; whoever asks for healthy instances gets only these.", await RunAsync("service", "settings", "cli-e", "--panic-threshold", "0"));
    }

    [Fact]
    public async Task What_is_missing_or_does_not_belong_together_is_said()
    {
        await RefusedAsync("--address is", "register", "a", "--id", "b");
        await RefusedAsync("no address", "register", "a", "--id", "b", "--address", "nonsense");
        await RefusedAsync("--check-interval are for instances that stay", "register", "a", "--id", "b", "--address", "http://a:1", "--hold", "--check", "tcp://a:1");
        await RefusedAsync("need --hold", "register", "a", "--id", "b", "--address", "http://a:1", "--ttl", "3s");
        await RefusedAsync("SERVICE and ID, or --zone", "maintenance", "a");
        await RefusedAsync("use starting, passing", "show", "a", "--state", "happy");

        async Task RefusedAsync(string reason, params string[] args)
        {
            var run = await RunAsync(["service", .. args]);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains(reason.Split(" is")[0], run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_panic_is_said_beside_the_answer()
    {
        foreach (var id in (string[])["one", "two", "three", "four"])
        {
            await server.OkAsync(HttpMethod.Put, $"/v1/services/cli-d/instances/{id}", $$"""{"persistent": true, "state": "{{(id == "one" ? "passing" : "critical")}}"}""");
        }

        var run = await RunAsync("service", "show", "cli-d", "--healthy");
        Assert.Contains("only 1 of 4 instances of cli-d are healthy", run.Error, StringComparison.Ordinal);
        Assert.Contains("critical", run.Out, StringComparison.Ordinal);
    }

    private static void Said(string golden, CliRun run)
    {
        Assert.Equal("", run.Error);
        Assert.Equal(golden + "\n", run.Out);
    }

    private Task<CliRun> RunAsync(params string[] args) => new CliStart { Endpoint = server.Url.ToString() }.RunAsync(args);
}
