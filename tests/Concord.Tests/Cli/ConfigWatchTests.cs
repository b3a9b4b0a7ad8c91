using Concord.Protocol.V1;

namespace Concord.Tests.Cli;

public sealed class ConfigWatchTests : CliTests
{
    private static WatchConfigResponse Full(long release, params (string Key, string Value)[] settings)
    {
        var full = new EffectiveConfiguration { Release = release, Revision = release * 10, Version = $"v{release}" };
        full.Settings.Add(settings.Select(setting => new Setting { Key = setting.Key, Value = setting.Value }));
        return new() { Full = full };
    }

    private static WatchConfigResponse Delta(long release, (string Key, string Value)[] set, params string[] removed)
    {
        var delta = new WatchConfigResponse.Types.Delta
        {
            FromVersion = $"v{release - 1}",
            Version = $"v{release}",
            Release = release,
            Revision = release * 10,
        };
        delta.Set.Add(set.Select(setting => new Setting { Key = setting.Key, Value = setting.Value }));
        delta.Removed.Add(removed);
        return new() { Delta = delta };
    }

    [Fact]
    public async Task Watch_shows_the_state_and_then_each_change()
    {
        Send(Full(12, ("a", "1"), ("b:c", "2")), Delta(13, [("a", "5"), ("new", "x")], "b:c"));

        var run = await WatchAsync("+ new", "config", "watch", "orders/prod@zone=eu", "--label", "tier=1");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            """
            12:00:00  watching orders/prod@tier=1,zone=eu: release 12, 2 keys
            12:00:00  release 13  revision 130
              ~ a    1 → 5
              - b:c  2
              + new  x

            """,
            run.Out);
        var view = Server.Configs.Last<WatchConfigRequest>().Subscribe.View;
        Assert.Equal(("orders", "prod", "eu", "1"), (view.Application, view.Environment, view.Labels["zone"], view.Labels["tier"]));
    }

    [Fact]
    public async Task Watch_as_json_prints_one_event_a_line()
    {
        Send(Full(12, ("a", "1"), ("b", "2")), Delta(13, [("a", "5")], "b"));

        var run = await WatchAsync("\"change\"", "config", "watch", "orders/prod", "-o", "json");

        Assert.Equal(
            """
            {"event":"full","time":"2026-03-10T12:00:00.000Z","release":12,"revision":120,"version":"v12","set":{"a":"1","b":"2"}}
            {"event":"change","time":"2026-03-10T12:00:00.000Z","release":13,"revision":130,"version":"v13","set":{"a":"5"},"removed":["b"]}

            """,
            run.Out);
    }

    [Fact]
    public async Task A_refused_watch_ends_with_the_servers_reason()
    {
        Send(new WatchConfigResponse
        {
            Refusal = new() { Error = new() { Code = "unknown_application", Message = "There is no application 'order'.", Remedy = "Did you mean 'orders'?" } },
        });

        var run = await WatchAsync("never", "config", "watch", "order/prod");

        Assert.Equal(4, run.ExitCode);
        Assert.Equal("error: There is no application 'order'.\n  remedy: Did you mean 'orders'?\n", run.Error);
    }

    private void Send(params WatchConfigResponse[] responses) =>
        Assert.All(responses, response => Assert.True(Server.Configs.Down.Writer.TryWrite(response)));

    private async Task<CliRun> WatchAsync(string until, params string[] args)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        return await new CliStart
        {
            Endpoint = Server.Endpoint,
            Stop = stop.Token,
            Printed = text =>
            {
                if (text.Contains(until, StringComparison.Ordinal))
                    stop.Cancel();
            },
        }.RunAsync(args);
    }
}
