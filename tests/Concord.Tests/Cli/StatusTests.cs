using System.Text.Json;
using Concord.Protocol.Etcd;

namespace Concord.Tests.Cli;

public sealed class StatusTests : CliTests
{
    [Fact]
    public async Task Every_endpoint_is_asked_and_one_that_is_down_does_not_hide_the_others()
    {
        var run = await RunAsync("status", "--endpoints", $"{Server.Endpoint},http://127.0.0.1:1");

        Assert.Equal(5, run.ExitCode);
        var lines = run.Out.Split('\n');
        Assert.StartsWith("ENDPOINT", lines[0], StringComparison.Ordinal);
        Assert.Matches($@"^{Server.Endpoint} +healthy +one +leader +3\.6\.0 +42 +7 +3 MiB +[\d.]+ ms$", lines[1]);
        Assert.Matches(@"^http://127.0.0.1:1 +unreachable( +-){7}$", lines[2]);
        Assert.Equal("http://127.0.0.1:1 could not be reached: Connection refused", lines[3]);
    }

    [Fact]
    public async Task On_a_terminal_of_the_usual_width_no_word_is_broken()
    {
        var run = await CliRun.OnTerminalAsync(Server, 80, colors: false, "status", "--endpoints", $"{Server.Endpoint},http://concord-1.example.org:2379");

        Assert.All(run.Out.Split('\n').Take(3), line => Assert.True(line.Length <= 80, line));
        Assert.Matches(@"^ENDPOINT +STATE +MEMBER +ROLE", run.Out);
        Assert.Matches($@"\n{Server.Endpoint} +healthy +one +leader ", run.Out);
    }

    [Fact]
    public async Task All_healthy_is_success()
    {
        var run = await RunAsync("status", "-o", "json");

        Assert.Equal(0, run.ExitCode);
        var one = JsonDocument.Parse(run.Out).RootElement.GetProperty("endpoints")[0];
        Assert.True(JsonDocument.Parse(run.Out).RootElement.GetProperty("healthy").GetBoolean());
        Assert.Equal("healthy", one.GetProperty("state").GetString());
        Assert.Equal("one", one.GetProperty("member").GetString());
        Assert.Equal("a1", one.GetProperty("leaderId").GetString());
        Assert.Equal(42, one.GetProperty("revision").GetInt64());
        Assert.Equal(3 * 1024 * 1024, one.GetProperty("sizeBytes").GetInt64());
        Assert.Equal(8L << 30, one.GetProperty("quotaBytes").GetInt64());
    }

    [Theory]
    [InlineData(0, "", "it knows no leader")]
    [InlineData(0xa2, "NOSPACE alarm", "NOSPACE alarm")]
    public async Task A_server_without_a_leader_or_with_an_alarm_is_not_healthy(ulong leader, string error, string problem)
    {
        var answer = new StatusResponse(Server.Maintenance.Answer) { Leader = leader };
        if (error.Length > 0)
            answer.Errors.Add(error);
        Server.Maintenance.Answer = answer;

        var run = await RunAsync("status");

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("unhealthy", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{Server.Endpoint}: {problem}\n", run.Out, StringComparison.Ordinal);
    }
}
