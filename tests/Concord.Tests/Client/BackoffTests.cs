using Concord.Client.Connection;

namespace Concord.Tests.Client;

public sealed class BackoffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(1, 1, 200)]
    [InlineData(2, 1, 400)]
    [InlineData(6, 1, 6400)]
    [InlineData(7, 1, 10_000)]
    [InlineData(int.MaxValue, 1, 10_000)]
    [InlineData(3, 3, 200)]
    [InlineData(4, 3, 400)]
    public void The_bound_doubles_per_round_over_the_endpoints_up_to_the_maximum(int failures, int endpoints, int expectedMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expectedMs), Backoff.Bound(failures, endpoints, Min, Max));

    [Fact]
    public void Waits_use_the_whole_range_below_the_bound()
    {
        var waits = Enumerable.Range(0, 2000).Select(_ => Backoff.Wait(1, 1, Min, Max)).ToList();

        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, Min));
        Assert.Contains(waits, wait => wait < Min * 0.1);
        Assert.Contains(waits, wait => wait > Min * 0.9);
    }
}
