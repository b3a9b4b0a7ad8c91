using Concord.Server.Registry;
using Concord.Server.Registry.Expiry;
using Concord.Server.Registry.Model;

namespace Concord.Tests.Registry;

/// <summary>A host is dead, say those who gossip, long before leases run out.</summary>
public sealed class HostLossTests : IAsyncDisposable
{
    private static readonly ExpiryRules Rules = new(20);

    private readonly RegistryCentre _centre = new(Rules);

    public ValueTask DisposeAsync() => _centre.DisposeAsync();

    [Fact]
    public async Task Instances_of_a_dead_host_are_critical_and_those_of_others_are_not()
    {
        await RegisterAsync("orders", "a1", "host-a");
        await RegisterAsync("users", "a1", "host-a");
        await RegisterAsync("orders", "b1", "host-b");
        await RegisterAsync("orders", "c1", null);
        _centre.SayOfHosts(dead: "host-a", alive: "host-b");
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Equal(InstanceState.Critical, _centre.Find("orders", "a1")!.State);
        Assert.Contains("host-a is dead", _centre.Find("orders", "a1")!.Reason, StringComparison.Ordinal);
        Assert.Equal(InstanceState.Critical, _centre.Find("users", "a1")!.State);
        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "b1")!.State);
        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "c1")!.State);
    }

    [Fact]
    public async Task They_stay_as_long_as_their_leases_and_go_with_them()
    {
        await RegisterAsync("orders", "a1", "host-a");
        _centre.SayOfHosts(dead: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);
        _centre.Time.Advance(TimeSpan.FromHours(1));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.NotNull(_centre.Find("orders", "a1"));

        _centre.EndLeases("orders", "a1");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Null(_centre.Find("orders", "a1"));
    }

    [Fact]
    public async Task A_host_that_is_back_gives_its_instances_back_what_they_were()
    {
        await RegisterAsync("orders", "a1", "host-a");
        await _centre.Desk.SetStateAsync("orders", "a1", 0, InstanceState.Warning, "slow", default);
        await RegisterAsync("users", "a1", "host-a");
        _centre.SayOfHosts(dead: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);

        // Whatever is said of one meanwhile counts.
        await _centre.Desk.SetStateAsync("users", "a1", 0, InstanceState.Critical, "it says so itself", default);
        _centre.SayOfHosts(alive: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Equal(InstanceState.Warning, _centre.Find("orders", "a1")!.State);
        Assert.Equal("it says so itself", _centre.Find("users", "a1")!.Reason);
    }

    [Fact]
    public async Task Not_more_than_the_share_of_a_service_is_lost_at_once()
    {
        for (var n = 0; n < 10; n++)
        {
            await RegisterAsync("orders", $"i{n}", n < 6 ? "host-a" : "host-b");
        }

        _centre.SayOfHosts(dead: "host-a", alive: "host-b");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(2, Critical());

        _centre.Time.Advance(Rules.Interval);
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(4, Critical());

        int Critical() => _centre.Resolve(RegistryCentre.Query("orders")).Instances.Count(static one => one.State == InstanceState.Critical);
    }

    [Fact]
    public async Task One_that_drains_is_left_to_its_end_and_a_suspicion_is_no_death()
    {
        await RegisterAsync("orders", "a1", "host-a");
        await _centre.Desk.SetStateAsync("orders", "a1", 0, InstanceState.Draining, "", default);
        await RegisterAsync("orders", "b1", "host-b");
        _centre.SayOfHosts(dead: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Equal(InstanceState.Draining, _centre.Find("orders", "a1")!.State);
        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "b1")!.State);
    }

    private Task<Registered> RegisterAsync(string service, string id, string? node) =>
        new RegistryDesk(_centre.Store, _centre.Time) { Node = node }.RegisterAsync(RegistryCentre.Instance(service, id), 0, 10, default);
}
