using Concord.Client;
using Concord.Client.Subscriptions;
using Concord.Protocol.V1;
using Microsoft.Extensions.Time.Testing;
using Outcome = Concord.Protocol.V1.WatchConfigRequest.Types.Outcome;

namespace Concord.Tests.Client;

public sealed class ConfigSubscriptionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_snapshot_is_the_full_view_and_is_reported_as_applied()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"), ("b:c", "2"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));

        var subscription = client.Subscribe(TestClients.Orders);
        var snapshot = await subscription.WaitForServerAsync(Stop).WaitAsync(Wait.Bound, Stop);

        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b:c"] = "2" }, snapshot.Settings);
        Assert.Equal((1, 101), (snapshot.Release, snapshot.Revision));
        Assert.Same(snapshot, subscription.Current);
        var subscribe = await server.NextSubscribeAsync();
        Assert.Equal(("orders", "dev", ""), (subscribe.View.Application, subscribe.View.Environment, subscribe.KnownVersion));
        Assert.Equal(Environment.ProcessId, subscribe.Instance.ProcessId);
        var report = await server.NextReportAsync();
        Assert.Equal((Outcome.Applied, 1L, snapshot.Version), (report.Outcome, report.Release, report.Version));
        Assert.True(subscription.State.Connected);
        Assert.Equal(server.Endpoint, subscription.State.Endpoint);
    }

    [Fact]
    public async Task Deltas_add_change_and_remove_keys_and_leave_the_earlier_snapshot_alone()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"), ("b", "2"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var changes = new Signal<SettingsSnapshot>();
        var subscription = client.Subscribe(TestClients.Orders);
        subscription.Changed += changes.Add;
        var before = await subscription.WaitForServerAsync(Stop);
        await server.NextReportAsync();

        server.Publish(("a", "10"), ("c", "3"));
        var after = await changes.NextAsync(snapshot => snapshot.Release == 2);

        Assert.Equal(new Dictionary<string, string> { ["a"] = "10", ["c"] = "3" }, after.Settings);
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }, before.Settings);
        Assert.Equal(2, (await server.NextReportAsync()).Release);
    }

    [Fact]
    public async Task After_a_lost_connection_it_resumes_from_what_it_knows_and_announces_nothing()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var subscription = client.Subscribe(TestClients.Orders);
        var snapshot = await subscription.WaitForServerAsync(Stop);
        await server.NextReportAsync();
        var changes = 0;
        subscription.Changed += _ => Interlocked.Increment(ref changes);

        server.BreakStreams();
        var subscribe = await server.NextSubscribeAsync();
        await server.NextReportAsync();

        Assert.Equal((snapshot.Version, 101L), (subscribe.KnownVersion, subscribe.KnownRevision));
        Assert.Equal(0, changes);
        Assert.Equal("1", subscription.Current!.Settings["a"]);
        Assert.True(subscription.State.Connected);
    }

    [Fact]
    public async Task A_heartbeat_moves_the_revision_that_it_resumes_from()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var subscription = client.Subscribe(TestClients.Orders);
        await subscription.WaitForServerAsync(Stop);
        await server.NextSubscribeAsync();

        server.SendRaw(number => new WatchConfigResponse { Subscription = number, Heartbeat = new() { Revision = 5000 } });
        server.Publish(("a", "2"));
        await server.NextAsync(request => request.Report?.Release == 2);
        server.BreakStreams();

        Assert.Equal(5000, (await server.NextSubscribeAsync()).KnownRevision);
    }

    [Fact]
    public async Task A_delta_that_starts_elsewhere_is_not_applied_but_answered_by_asking_for_the_full_view()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var subscription = client.Subscribe(TestClients.Orders);
        await subscription.WaitForServerAsync(Stop);
        await server.NextSubscribeAsync();
        await server.NextReportAsync();
        var changes = 0;
        subscription.Changed += _ => Interlocked.Increment(ref changes);

        server.SendRaw(number => new WatchConfigResponse
        {
            Subscription = number,
            Delta = new() { FromVersion = "never seen", Version = "x", Release = 9, Set = { new Setting { Key = "a", Value = "wrong" } } },
        });
        var subscribe = await server.NextSubscribeAsync();
        await server.NextReportAsync();

        Assert.Equal("", subscribe.KnownVersion);
        Assert.Equal("1", subscription.Current!.Settings["a"]);
        Assert.Equal(0, changes);
        Assert.Equal(1, server.StreamsOpened);
    }

    [Fact]
    public async Task A_dead_first_endpoint_does_not_matter()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(TestClients.Dead(), TestClients.Dead(), server.Endpoint));

        var snapshot = await client.Subscribe(TestClients.Orders).WaitForServerAsync(Stop).WaitAsync(Wait.Bound, Stop);

        Assert.Equal("1", snapshot.Settings["a"]);
    }

    [Fact]
    public async Task It_moves_to_another_endpoint_when_its_server_dies_and_gets_what_changed_there()
    {
        var first = await FakeConfigServer.StartAsync(("a", "1"));
        await using var second = await FakeConfigServer.StartAsync(("a", "1"));
        second.Publish(("a", "2"));
        await using var client = new ConcordClient(TestClients.Options(first.Endpoint, second.Endpoint));
        var changes = new Signal<SettingsSnapshot>();
        var subscription = client.Subscribe(TestClients.Orders);
        subscription.Changed += changes.Add;
        await subscription.WaitForServerAsync(Stop);

        await first.DisposeAsync();
        await changes.NextAsync(snapshot => snapshot.Settings["a"] == "2");

        Assert.Equal(second.Endpoint, subscription.State.Endpoint);
    }

    [Fact]
    public async Task A_silent_server_is_left_after_three_missed_heartbeats_and_not_before()
    {
        var time = new FakeTimeProvider();
        await using var silent = await FakeConfigServer.StartAsync(("a", "1"));
        await using var other = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(silent.Endpoint, other.Endpoint) with { TimeProvider = time });
        var states = new Signal<ConfigSubscriptionState>();
        var subscription = client.Subscribe(TestClients.Orders);
        subscription.StateChanged += states.Add;
        await subscription.WaitForServerAsync(Stop);
        await silent.NextReportAsync();

        time.Advance(TimeSpan.FromSeconds(44));
        silent.Publish(("a", "2"));
        await silent.NextReportAsync();
        Assert.True(subscription.State.Connected);
        silent.FallSilent();
        time.Advance(TimeSpan.FromSeconds(46));
        var lost = await states.NextAsync(state => !state.Connected);

        Assert.Equal("no sign of life", lost.LastError);
        await Wait.UntilAsync(
            () =>
            {
                // The wait before the next attempt may begin at any moment.
                time.Advance(TimeSpan.FromMilliseconds(50));
                return subscription.State is { Connected: true } state && state.Endpoint == other.Endpoint;
            },
            "connected to the other server");
    }

    [Fact]
    public async Task All_subscriptions_of_a_client_share_one_stream_which_ends_with_the_last()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var first = client.Subscribe(TestClients.Orders);
        await first.WaitForServerAsync(Stop);
        var second = client.Subscribe(TestClients.Orders with { Environment = "staging" });
        await second.WaitForServerAsync(Stop);

        Assert.Equal(1, server.StreamsOpened);
        await first.DisposeAsync();
        await server.NextAsync(request => request.Unsubscribe is not null);
        Assert.Equal(1, server.StreamsOpen);
        await second.DisposeAsync();
        await Wait.UntilAsync(() => server.StreamsOpen == 0, "the stream is closed");

        var third = client.Subscribe(TestClients.Orders);
        await third.WaitForServerAsync(Stop);
        Assert.Equal(2, server.StreamsOpened);
    }

    [Fact]
    public async Task A_rejected_snapshot_changes_nothing_and_is_reported_with_its_reason_until_a_good_one_comes()
    {
        await using var server = await FakeConfigServer.StartAsync(("discount", "0.1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var changes = new Signal<SettingsSnapshot>();
        var subscription = client.Subscribe(TestClients.Orders, new ConfigSubscriptionOptions
        {
            Judge = snapshot => snapshot.Settings["discount"] == "7" ? ConfigVerdict.Rejected("too much") : ConfigVerdict.Accepted,
        });
        subscription.Changed += changes.Add;
        await subscription.WaitForServerAsync(Stop);
        await server.NextReportAsync();

        server.Publish(("discount", "7"));
        var report = await server.NextReportAsync();
        Assert.Equal((Outcome.Rejected, 2L, "too much"), (report.Outcome, report.Release, report.Reason));
        Assert.Equal("0.1", subscription.Current!.Settings["discount"]);
        Assert.Equal((2L, "too much"), (subscription.State.RejectedRelease, subscription.State.RejectedReason));

        // The next delta starts from the rejected state; it must fit.
        server.Publish(("discount", "0.2"));
        await changes.NextAsync(snapshot => snapshot.Settings["discount"] == "0.2");
        Assert.Equal(Outcome.Applied, (await server.NextReportAsync()).Outcome);
        Assert.Null(subscription.State.RejectedReason);
    }

    [Fact]
    public async Task The_same_content_under_another_release_is_renewed_and_not_changed()
    {
        await using var server = await FakeConfigServer.StartAsync(("discount", "0.1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var (changes, renewals) = (new Signal<SettingsSnapshot>(), new Signal<SettingsSnapshot>());
        var subscription = client.Subscribe(TestClients.Orders, new ConfigSubscriptionOptions
        {
            Judge = snapshot => snapshot.Settings["discount"] == "7" ? ConfigVerdict.Rejected("too much") : ConfigVerdict.Accepted,
        });
        await subscription.WaitForServerAsync(Stop);
        subscription.Changed += changes.Add;
        subscription.Renewed += renewals.Add;

        server.Publish(("discount", "7"));
        server.Publish(("discount", "0.1"));
        Assert.Equal(3, (await renewals.NextAsync(_ => true)).Release);
        Assert.Equal(3, subscription.Current!.Release);

        server.Publish(("discount", "0.2"));
        Assert.Equal(4, (await changes.NextAsync(_ => true)).Release);
    }

    [Fact]
    public async Task A_judge_or_handler_that_throws_harms_nobody_else()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var changes = new Signal<SettingsSnapshot>();
        var subscription = client.Subscribe(TestClients.Orders, new ConfigSubscriptionOptions
        {
            Judge = snapshot => snapshot.Settings["a"] == "2" ? throw new InvalidOperationException("judge fell ill") : ConfigVerdict.Accepted,
        });
        subscription.Changed += _ => throw new InvalidOperationException("handler fell ill");
        subscription.Changed += changes.Add;
        await subscription.WaitForServerAsync(Stop);
        await server.NextReportAsync();

        server.Publish(("a", "2"));
        var report = await server.NextReportAsync();
        server.Publish(("a", "3"));
        await changes.NextAsync(snapshot => snapshot.Settings["a"] == "3");

        Assert.Equal(Outcome.Rejected, report.Outcome);
        Assert.Contains("judge fell ill", report.Reason, StringComparison.Ordinal);
        Assert.Equal(1, server.StreamsOpened);
    }

    [Fact]
    public async Task A_refused_subscription_shows_why_and_asks_again()
    {
        var time = new FakeTimeProvider();
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        server.Refuse(new ErrorDetail { Code = "unknown_application", Message = "There is no application 'orders'." });
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint) with { TimeProvider = time });
        var subscription = client.Subscribe(TestClients.Orders);
        await subscription.FirstAttempt.WaitAsync(Wait.Bound, Stop);

        Assert.Equal("unknown_application", subscription.State.Refusal!.Code);
        Assert.Null(subscription.Current);

        server.Refuse(null);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return subscription.Current is not null;
            },
            "the application is there");
        Assert.Null(subscription.State.Refusal);
        Assert.Equal(1, server.StreamsOpened);
    }

    [Fact]
    public async Task Held_reports_are_sent_when_they_are_released()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        var subscription = client.Subscribe(TestClients.Orders, new ConfigSubscriptionOptions { HoldReports = true });
        var first = await subscription.WaitForServerAsync(Stop);
        server.Publish(("a", "2"));
        await Wait.UntilAsync(() => subscription.Current?.Release == 2, "release 2 is current");

        Assert.True(subscription.FallBack(subscription.Current!, first, "does not start"));
        subscription.StartReporting();

        var report = await server.NextReportAsync();
        Assert.Equal((Outcome.Rejected, 2L, "does not start"), (report.Outcome, report.Release, report.Reason));
        Assert.Same(first, subscription.Current);
        Assert.False(subscription.FallBack(subscription.Received!, first, "again"));
    }
}
