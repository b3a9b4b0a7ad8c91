using Concord.Client.Balancing;
using Concord.Tests.Extensions.Balancing;

namespace Concord.Tests.Client.Balancing;

/// <summary>Pools that somebody else made and a directory feeds.</summary>
public sealed class ServiceDirectoryTests
{
    private readonly FakeRegistry _registry = new();

    [Fact]
    public async Task Pools_of_ones_own_share_one_watch_and_the_last_one_ends_it()
    {
        _registry.Set(Fleet.Instance("a"), Fleet.Instance("b"));
        await using var directory = _registry.Directory();
        using var one = new EndpointPool(Fleet.Service);
        using var other = new EndpointPool(Fleet.Service, new() { Policy = BalancingPolicies.RoundRobin() });
        var first = directory.Feed(one);
        await one.Filled.WaitAsync(Wait.Bound);
        var second = directory.Feed(other);

        // At once, from what is known.
        Assert.Equal(2, other.Endpoints.Count);
        Assert.Equal(1, _registry.Watches);
        await first.DisposeAsync();
        _registry.Set(Fleet.Instance("c"));
        await Wait.UntilAsync(() => other.Endpoints.Any(endpoint => endpoint.Instance.Id == "c"), "the one that stays is told");
        Assert.Equal(2, one.Endpoints.Count);

        await second.DisposeAsync();
        await second.DisposeAsync();
        await using var third = directory.Feed(one);
        await Wait.UntilAsync(() => one.Endpoints.Any(endpoint => endpoint.Instance.Id == "c"), "it is followed anew");
        Assert.Equal(2, _registry.Watches);
    }

    [Fact]
    public async Task A_service_that_the_directory_was_asked_for_is_followed_on()
    {
        _registry.Set(Fleet.Instance("a"));
        await using var directory = _registry.Directory();
        await directory.GetFilledAsync(new(Fleet.Service));
        using var own = new EndpointPool(Fleet.Service);
        await directory.Feed(own).DisposeAsync();

        var pool = directory.Get(new(Fleet.Service));
        _registry.Set(Fleet.Instance("b"));
        await Wait.UntilAsync(() => pool.Endpoints.Any(endpoint => endpoint.Instance.Id == "b"), "it is told");
        Assert.Equal(1, _registry.Watches);
    }
}
