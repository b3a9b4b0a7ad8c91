namespace Concord.Tests.Cli;

/// <summary>A command line that cannot be meant is refused before any server is asked.</summary>
public sealed class UsageTests
{
    /// <summary>Nobody listens there: whatever is refused is refused without the server.</summary>
    private static readonly CliStart Nowhere = new() { Endpoint = "http://127.0.0.1:1" };

    [Theory]
    [InlineData("config publsh", "There is no command 'concord config publsh'.", "Did you mean concord config publish?")]
    [InlineData("stats", "There is no command 'concord stats'.", "Did you mean concord status?")]
    [InlineData("config put orders/prod discount", "'discount' is not KEY=VALUE", "concord config put --help")]
    [InlineData("config put orders/prod a=1 a=2", "'a' is given twice", "concord config put --help")]
    [InlineData("config put orders/prod", "give what to write", "concord config put --help")]
    [InlineData("config put orders/prod a=1 --file x.json", "not both", "concord config put --help")]
    [InlineData("config put orders a=1", "'orders' is not APP/ENV or APP/ENV/NAME", "concord config put --help")]
    [InlineData("config put orders/prod@zone a=1", "'zone' in 'orders/prod@zone' is not LABEL=VALUE", "concord config put --help")]
    [InlineData("config put orders/prod a=1 --format ini", "--format is 'ini': use one of json, yaml", "concord config put --help")]
    [InlineData("config publish orders/prod", "say why with --message (-m)", "concord config publish --help")]
    [InlineData("config publish -m x", "APP/ENV[/NAME] is missing", "concord config publish --help")]
    [InlineData("config publish orders/prod -m x --expect -1", "--expect is '-1': give a whole number from 0 on", "concord config publish --help")]
    [InlineData("config rollback -m x", "--to", "concord config rollback --help")]
    [InlineData("config diff --to 3", "--to needs --from", "concord config diff --help")]
    [InlineData("config get orders/prod -o value", "name its KEY", "concord config get --help")]
    [InlineData("config get orders/prod a -o yaml", "leave KEY out", "concord config get --help")]
    [InlineData("config show x", "RELEASE is 'x': give a whole number from 1 on", "concord config show --help")]
    [InlineData("completion fish", "'fish' is not a shell that can be completed for: use bash, zsh or pwsh", "concord completion --help")]
    [InlineData("config list -o yaml", "--output is 'yaml': this command prints table, json", "concord config list --help")]
    [InlineData("config history --limit 0", "--limit is '0': give a whole number from 1 on", "concord config history --help")]
    [InlineData("config list --timeout soon", "--timeout is 'soon': give a positive time", "concord config list --help")]
    [InlineData("kv get", "KEY is missing", "concord kv get --help")]
    [InlineData("kv get a b --prefix", "each name a range", "concord kv get --help")]
    [InlineData("kv put a", "give the value as VALUE or with --file", "concord kv put --help")]
    [InlineData("kv put a 1 --lease xyz", "--lease is 'xyz'", "concord kv put --help")]
    [InlineData("kv get zz --input hex", "'zz' is not hex: two digits per byte.", "--input says")]
    [InlineData("kv get a --endpoints ftp://h", "neither http nor https", "CONCORD_ENDPOINTS")]
    public async Task What_cannot_be_meant_is_refused_with_a_remedy(string commandLine, string message, string remedy)
    {
        var run = await Nowhere.RunAsync(commandLine.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Out);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_gets_the_refusal_as_json_too()
    {
        var run = await Nowhere.RunAsync("config", "publish", "orders", "-m", "x", "-o", "json");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Equal(
            """
            {
              "error": {
                "code": "usage",
                "message": "'orders' is not APP/ENV or APP/ENV/NAME",
                "exitCode": 2,
                "remedy": "See concord config publish --help"
              }
            }

            """,
            run.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("config")]
    [InlineData("kv")]
    public async Task Half_a_command_answers_with_what_could_follow(string commandLine)
    {
        var run = await Nowhere.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Commands:", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_is_named_with_a_remedy()
    {
        var run = await Nowhere.RunAsync("config", "list");

        Assert.Equal(5, run.ExitCode);
        Assert.Equal(
            """
            error: http://127.0.0.1:1 could not be reached: Connection refused
              remedy: Is the server running? Start one with 'concord-server --dev', or name others with --endpoints or CONCORD_ENDPOINTS.

            """,
            run.Error);
    }

    [Fact]
    public async Task Every_endpoint_that_was_tried_is_named()
    {
        var run = await Nowhere.RunAsync("kv", "get", "a", "--endpoints", "http://127.0.0.1:1,http://127.0.0.1:2");

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("http://127.0.0.1:1, http://127.0.0.1:2", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_without_a_server_fails_instead_of_waiting_in_silence()
    {
        var run = await Nowhere.RunAsync("config", "watch", "orders/prod");

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("could not be reached", run.Error, StringComparison.Ordinal);
    }
}
