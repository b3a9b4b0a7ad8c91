using System.Threading.Channels;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;

namespace Concord.Tests.Configs;

public sealed class ConfigHubTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task First_the_view_then_deltas_and_nothing_for_no_change()
    {
        await using var centre = await StartAsync("a=1\nb=2\n");
        var client = new Client(centre);
        client.Subscribe("orders", "prod");

        Assert.Equal("view a=1 b=2", await client.NextAsync());
        await centre.ReleaseAsync("orders/prod", "# text only\na=1\nb=2\n");
        await centre.ReleaseAsync("other/prod", "x=1\n");
        await centre.ReleaseAsync("orders/prod", "a=1\nc=3\n");
        Assert.Equal("delta +c=3 -b", await client.NextAsync());
    }

    [Fact]
    public async Task A_change_of_defaults_imports_or_a_new_overlay_reaches_those_concerned()
    {
        await using var centre = await StartAsync("a=1\n");
        await centre.ReleaseAsync("shared/default", "s=1\n");
        var (eu, us) = (new Client(centre), new Client(centre));
        eu.Subscribe("orders", "prod", "zone=eu,host=1");
        us.Subscribe("orders", "prod", "zone=us,host=2");
        Assert.Equal("view a=1", await eu.NextAsync());
        Assert.Equal("view a=1", await us.NextAsync());
        Assert.Equal(1, centre.Hub.ViewCount);

        await centre.ReleaseAsync("orders/default", "d=1\n");
        Assert.Equal("delta +d=1", await eu.NextAsync());
        Assert.Equal("delta +d=1", await us.NextAsync());

        await centre.ReleaseAsync("orders/prod@zone=eu", "a=2\n");
        Assert.Equal("delta +a=2", await eu.NextAsync());
        Assert.Equal(2, centre.Hub.ViewCount);

        await centre.PutAsync("orders/default/imports", Server.Configs.Documents.ConfigFormat.Text, "shared");
        await centre.PublishAsync("orders/default");
        Assert.Equal("delta +s=1", await eu.NextAsync());
        Assert.Equal("delta +s=1", await us.NextAsync());
        await centre.ReleaseAsync("shared/default", "s=2\n");
        Assert.Equal("delta +s=2", await eu.NextAsync());

        await centre.Drafts.PutAsync(ConfigCentre.Path("orders/prod@zone=eu"), null, "ann", default);
        await centre.PublishAsync("orders/prod");
        Assert.Equal("delta +a=1", await eu.NextAsync());
        Assert.Equal(1, centre.Hub.ViewCount);
    }

    [Fact]
    public async Task Labels_that_no_overlay_asks_for_make_no_views()
    {
        await using var centre = await StartAsync("a=1\n");
        await centre.ReleaseAsync("orders/prod@zone=eu", "a=2\n");
        for (var i = 0; i < 100; i++)
        {
            new Client(centre).Subscribe("orders", "prod", $"host={i},zone={(i % 2 == 0 ? "eu" : "us")}");
        }

        Assert.Equal(2, centre.Hub.ViewCount);
    }

    [Fact]
    public async Task All_subscribers_of_a_view_are_given_the_same_bytes()
    {
        await using var centre = await StartAsync("a=1\n");
        var clients = Enumerable.Range(0, 50).Select(_ => new Client(centre)).ToList();
        clients.ForEach(static client => client.Subscribe("orders", "prod"));
        await centre.ReleaseAsync("orders/prod", "a=2\n");
        var sets = new HashSet<WatchEvent>(ReferenceEqualityComparer.Instance);
        foreach (var client in clients)
        {
            while (true)
            {
                var next = await client.NextEventAsync();
                if (next is WatchEvent.Delta || next is WatchEvent.Full { View.Release: 2 })
                {
                    sets.Add(next);
                    break;
                }
            }
        }

        Assert.True(sets.Count <= 2, $"{sets.Count} events were made");
    }

    [Fact]
    public async Task A_slow_client_gets_one_delta_for_all_it_missed_and_delays_nobody()
    {
        await using var centre = await StartAsync("a=1\n");
        var (slow, quick) = (new Client(centre), new Client(centre));
        slow.Block();
        slow.Subscribe("orders", "prod");
        await slow.BlockedAsync();
        quick.Subscribe("orders", "prod");
        Assert.Equal("view a=1", await quick.NextAsync());
        for (var i = 2; i <= 5; i++)
        {
            await centre.ReleaseAsync("orders/prod", $"a={i}\nk{i}=x\n");
            Assert.StartsWith("delta", await quick.NextAsync(), StringComparison.Ordinal);
        }

        slow.Unblock();

        Assert.Equal("view a=1", await slow.NextAsync());
        Assert.Equal("delta +a=5 +k5=x", await slow.NextAsync());
    }

    [Fact]
    public async Task A_client_that_missed_more_than_is_remembered_gets_the_whole_view()
    {
        await using var centre = await StartAsync("a=1\n");
        var (slow, quick) = (new Client(centre), new Client(centre));
        slow.Block();
        slow.Subscribe("orders", "prod");
        await slow.BlockedAsync();
        quick.Subscribe("orders", "prod");
        await quick.NextAsync();
        for (var i = 2; i <= 20; i++)
        {
            await centre.ReleaseAsync("orders/prod", $"a={i}\n");
            await quick.NextAsync();
        }

        slow.Unblock();

        Assert.Equal("view a=1", await slow.NextAsync());
        Assert.Equal("view a=20", await slow.NextAsync());
    }

    [Fact]
    public async Task Resuming_with_the_version_that_is_in_force_costs_an_empty_delta()
    {
        await using var centre = await StartAsync("a=1\n");
        var old = centre.View("orders", "prod");
        var keeper = new Client(centre);
        keeper.Subscribe("orders", "prod");
        await keeper.NextAsync();

        var same = new Client(centre);
        same.Subscribe("orders", "prod", version: old.Version);
        Assert.Equal("delta", await same.NextAsync());

        await centre.ReleaseAsync("orders/prod", "a=2\n");
        await keeper.NextAsync();
        var behind = new Client(centre);
        behind.Subscribe("orders", "prod", version: old.Version);
        Assert.Equal("delta +a=2", await behind.NextAsync());

        var byRevision = new Client(centre);
        byRevision.Subscribe("orders", "prod", revision: old.Revision);
        Assert.Equal("delta +a=2", await byRevision.NextAsync());

        var current = new Client(centre);
        current.Subscribe("orders", "prod", revision: centre.Revision);
        Assert.Equal("delta", await current.NextAsync());

        var stranger = new Client(centre);
        stranger.Subscribe("orders", "prod", version: "0123456789abcdef");
        Assert.Equal("view a=2", await stranger.NextAsync());
    }

    [Fact]
    public async Task Silence_is_broken_by_heartbeats()
    {
        await using var centre = await StartAsync("a=1\n");
        var client = new Client(centre);
        client.Subscribe("orders", "prod");
        await client.NextAsync();

        for (var i = 0; i < 16; i++)
        {
            centre.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal($"heartbeat {centre.Revision}", await client.NextAsync());
    }

    [Fact]
    public async Task Instances_are_listed_with_what_they_applied_or_rejected()
    {
        await using var centre = await StartAsync("a=1\n");
        var client = new Client(centre);
        var subscription = client.Subscribe("orders", "prod", "zone=eu");
        await client.NextAsync();
        var view = centre.View("orders", "prod");
        subscription.Take(new(view.Version, 1, true, "", 5));
        await centre.ReleaseAsync("orders/prod", "a=bad\n");
        await client.NextAsync();
        subscription.Take(new(centre.View("orders", "prod").Version, 2, false, "not a number", 6));

        var status = InstanceStatus.Of(Assert.Single(centre.Hub.Instances(centre.Store, "orders", "prod")));
        Assert.Equal((2, 1, 2, "not a number"), (status.SentRelease, status.AppliedRelease, status.RejectedRelease, status.Reason));
        Assert.Equal(view.Version, status.AppliedVersion);
        ConfigErrors.Of(() => centre.Hub.Instances(centre.Store, "orders", "dev"), ConfigErrorCode.UnknownEnvironment, "environment");
        ConfigErrors.Of(() => centre.Hub.Instances(centre.Store, "ordres", null), ConfigErrorCode.UnknownApplication, "application");
        await centre.ReleaseAsync("billing/default", "a=1\n");
        Assert.Empty(centre.Hub.Instances(centre.Store, "billing", "dev"));

        await centre.Hub.RemoveAsync(client.Connection);
        Assert.Empty(centre.Hub.Instances(centre.Store, null, null));
        Assert.Equal(0, centre.Hub.ViewCount);
    }

    [Fact]
    public async Task An_instance_with_equal_settings_counts_as_being_at_the_newest_release()
    {
        await using var centre = await StartAsync("a=1\n");
        var client = new Client(centre);
        var subscription = client.Subscribe("orders", "prod");
        await client.NextAsync();
        subscription.Take(new(centre.View("orders", "prod").Version, 1, true, "", 5));
        await centre.ReleaseAsync("orders/prod", "# text\na=1\n");
        await WaitAsync(() => subscription.Entry.Published.View.Release == 2);

        var status = InstanceStatus.Of(subscription);
        Assert.Equal((2, 2), (status.SentRelease, status.AppliedRelease));
    }

    [Fact]
    public async Task A_view_that_is_not_there_is_refused()
    {
        await using var centre = await StartAsync("a=1\n");
        ConfigErrors.Of(() => new Client(centre).Subscribe("ordres", "prod"), ConfigErrorCode.UnknownApplication, "subscribe.view.application");
        Assert.Equal(0, centre.Hub.ViewCount);
    }

    [Fact]
    public async Task Random_publishes_leave_every_client_with_the_view_that_is_in_force()
    {
        await using var centre = await StartAsync("a=0\n");
        var clients = Enumerable.Range(0, 20).Select(_ => new Client(centre)).ToList();
        for (var i = 0; i < clients.Count; i++)
        {
            clients[i].Subscribe("orders", "prod", $"zone=z{i % 3},n={i}");
        }

        for (var i = 1; i <= 60; i++)
        {
            var target = (i * 7 % 5) switch { 0 => "orders/default", 1 => "orders/prod@zone=z1", 2 => "orders/prod@n=4,zone=z1", _ => "orders/prod" };
            await centre.ReleaseAsync(target, $"a={i}\nk{i % 4}={i}\n");
            if (i % 3 == 0)
            {
                clients[i % clients.Count].Block();
                clients[(i + 7) % clients.Count].Unblock();
            }
        }

        foreach (var client in clients)
        {
            client.Unblock();
        }

        for (var i = 0; i < clients.Count; i++)
        {
            await clients[i].ReachAsync(centre.Settings("orders", "prod", $"zone=z{i % 3},n={i}"));
        }
    }

    private static async Task<ConfigCentre> StartAsync(string properties)
    {
        var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", properties);
        await centre.StartHubAsync();
        await WaitAsync(() => centre.Hub.Revision >= centre.Revision);
        return centre;
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        var patience = Patience;
        while (!condition())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class Client(ConfigCentre centre)
    {
        private readonly SortedDictionary<string, string> _settings = new(StringComparer.Ordinal);

        public Recorder Connection { get; } = new();

        public ConfigSubscription Subscribe(string application, string environment, string labels = "", string version = "", long revision = 0)
        {
            centre.Hub.Add(Connection);
            return centre.Hub.Subscribe(Connection, centre.Store, 1, ConfigCentre.Key(application, environment, labels), version, revision, new("i1", "h", 1, "test"));
        }

        public void Block() => Connection.Block();

        public void Unblock() => Connection.Unblock();

        public Task BlockedAsync() => Connection.Blocked.WaitAsync(Patience);

        public async Task<WatchEvent> NextEventAsync() => await Connection.Events.ReadAsync(Patience);

        public async Task<string> NextAsync() => await NextEventAsync() switch
        {
            WatchEvent.Full full => "view " + string.Join(' ', full.View.Settings.Select(static setting => $"{setting.Key}={setting.Value}")),
            WatchEvent.Delta delta => string.Join(' ', ["delta", .. delta.Changes.Set.Select(static setting => $"+{setting.Key}={setting.Value}"), .. delta.Changes.Removed.Select(static key => "-" + key)]),
            WatchEvent.Heartbeat heartbeat => $"heartbeat {heartbeat.Revision}",
            var other => other.ToString()!,
        };

        /// <summary>Applies events until the settings are these.</summary>
        public async Task ReachAsync(string settings)
        {
            while (_settings.Count == 0 || string.Join(' ', _settings.Select(static pair => $"{pair.Key}={pair.Value}")) != settings)
            {
                switch (await NextEventAsync())
                {
                    case WatchEvent.Full full:
                        _settings.Clear();
                        full.View.Settings.ToList().ForEach(setting => _settings[setting.Key] = setting.Value);
                        break;
                    case WatchEvent.Delta delta:
                        delta.Changes.Removed.ToList().ForEach(key => _settings.Remove(key));
                        delta.Changes.Set.ToList().ForEach(setting => _settings[setting.Key] = setting.Value);
                        break;
                }
            }
        }
    }

    private sealed class Recorder : WatchConnection
    {
        private readonly Channel<WatchEvent> _events = Channel.CreateUnbounded<WatchEvent>();
        private readonly TaskCompletionSource _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _gate;
        private int _writers;

        public ChannelReader<WatchEvent> Events => _events.Reader;

        public Task Blocked => _blocked.Task;

        public void Block() => Interlocked.CompareExchange(ref _gate, new(TaskCreationOptions.RunContinuationsAsynchronously), null);

        public void Unblock() => Interlocked.Exchange(ref _gate, null)?.TrySetResult();

        protected override async ValueTask WriteAsync(int subscription, WatchEvent next)
        {
            Assert.Equal(1, Interlocked.Increment(ref _writers));
            Assert.NotEqual(0, next.Proto.Length);
            if (Volatile.Read(ref _gate) is { } gate)
            {
                _blocked.TrySetResult();
                await gate.Task;
            }

            Interlocked.Decrement(ref _writers);
            _events.Writer.TryWrite(next);
        }
    }
}
