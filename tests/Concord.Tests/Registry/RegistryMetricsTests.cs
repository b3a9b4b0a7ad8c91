using System.Net;
using System.Net.Sockets;
using Concord.Checks;
using Concord.Server.Registry.Checks;
using Concord.Server.Registry.Model;
using Concord.Tests.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Registry;

public sealed class RegistryMetricsTests : IAsyncDisposable
{
    private readonly RegistryCentre _centre = new(new(20));

    public ValueTask DisposeAsync() => _centre.DisposeAsync();

    [Fact]
    public async Task Instances_are_counted_by_state_and_expiry_by_what_it_did_and_held_back()
    {
        for (var n = 0; n < 10; n++)
        {
            await _centre.RegisterAsync("orders", $"i{n}");
        }

        await _centre.RegisterAsync("other", "a", state: InstanceState.Warning);
        await _centre.Desk.MaintainAsync("other", "a", true, "", "", default);
        Assert.Equal("Passing 10, Maintenance 1", States());

        _centre.EndLeases("orders", [.. Enumerable.Range(0, 10).Select(n => $"i{n}")]);
        await _centre.Sweeper.RunOnceAsync(default);

        // 20 % of ten.
        Assert.Equal("Passing 8, Critical 2, Maintenance 1", States());
        Assert.Equal((8, 2, 0), (_centre.Metrics.Count().Held, _centre.Metrics.ExpiredCritical, _centre.Metrics.ExpiredRemoved));

        _centre.Time.Advance(TimeSpan.FromSeconds(31));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal((6, 4, 2), (_centre.Metrics.Count().Held, _centre.Metrics.ExpiredCritical, _centre.Metrics.ExpiredRemoved));
        Assert.Equal("Passing 6, Critical 2, Maintenance 1", States());
    }

    [Fact]
    public async Task What_others_made_void_is_not_counted()
    {
        for (var n = 0; n < 5; n++)
        {
            await _centre.RegisterAsync("orders", $"i{n}");
        }

        _centre.EndLeases("orders", "i0");
        var generation = _centre.Find("orders", "i0")!.Record.Generation;
        _centre.BeforeApply = () => _centre.Desk.RegisterAsync(RegistryCentre.Instance("orders", "i0"), generation, 10, default).GetAwaiter().GetResult();
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Equal(0, _centre.Metrics.ExpiredCritical);
    }

    [Fact]
    public async Task Checks_are_counted_by_kind_and_finding_and_their_changes_by_state()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await _centre.StartHubAsync();
        using var probes = new HealthProbes(new CheckTargets([IPNetwork.Parse("127.0.0.0/8")], []));
        using var runner = new CheckRunner(_centre.Store, _centre.Signals, new(), probes, _centre.Time, NullLogger<CheckRunner>.Instance, metrics: _centre.Metrics);
        await runner.StartAsync(default);
        var check = HealthCheck.From(HealthCheckKind.Tcp, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", "", "", 0, 1000, 5000, 2, 3, [], "check");
        await _centre.Desk.RegisterAsync(RegistryCentre.Instance("web", "a", state: InstanceState.Starting, persistent: true, check: check), 0, 0, default);

        await UntilAsync(() => _centre.Metrics.Looks(HealthCheckKind.Tcp, InstanceState.Passing) >= 3);
        Assert.Equal((1, 0), (_centre.Metrics.Transitions(HealthCheckKind.Tcp, InstanceState.Passing), _centre.Metrics.Looks(HealthCheckKind.Tcp, InstanceState.Critical)));

        listener.Stop();
        await UntilAsync(() => _centre.Metrics.Transitions(HealthCheckKind.Tcp, InstanceState.Critical) == 1);
        Assert.True(_centre.Metrics.Looks(HealthCheckKind.Tcp, InstanceState.Critical) >= 3);
        Assert.Equal(0, _centre.Metrics.Looks(HealthCheckKind.Http, InstanceState.Critical));
        await runner.StopAsync(default);
    }

    private string States() => string.Join(", ", Enum.GetValues<InstanceState>()
        .Where(state => _centre.Metrics.Count().ByState[(int)state] > 0)
        .Select(state => $"{state} {_centre.Metrics.Count().ByState[(int)state]}"));

    private Task UntilAsync(Func<bool> condition) => Wait.UntilAsync(() =>
    {
        _centre.Time.Advance(TimeSpan.FromMilliseconds(200));
        return condition();
    }, "the checks have been made");
}
