using Concord.Simulator.Canaries;

namespace Concord.Tests.Simulator;

/// <summary>Each broken variant is noticed within its number of seeds: the checkers bite.</summary>
public sealed class CanaryTests
{
    public static TheoryData<string> Names => [.. Canary.All.Select(canary => canary.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_noticed(string name)
    {
        var canary = Canary.Find(name)!;

        Assert.True(canary.FirstNoticed() is not null, $"no run of seeds {canary.First} to {canary.Last} notices that {canary.Breaks}");
    }
}
