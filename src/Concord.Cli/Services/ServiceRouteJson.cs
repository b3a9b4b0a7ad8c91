using Concord.Client.Balancing.Routing;
using Concord.Client.Registry;
using Concord.Routing;

namespace Concord.Cli.Services;

/// <summary>The JSON form of how calls are shared out.</summary>
internal sealed record ServiceRouteJson
{
    public required string Service { get; init; }

    /// <summary>Of the rules; 0 if there are none.</summary>
    public required long Release { get; init; }

    public required string SplitBy { get; init; }

    public required int FailoverBelow { get; init; }

    public required IReadOnlyDictionary<string, string> Maintenance { get; init; }

    public required IReadOnlyList<ShareJson> Shares { get; init; }

    public static ServiceRouteJson Of(string service, long release, RouteRules rules, RoutingPlan plan)
    {
        var total = plan.Splits.Sum(split => split.Share);
        var steps = rules.Failover.Count == 0 ? [FailoverStep.Any] : rules.Failover;
        return new()
        {
            Service = service,
            Release = release,
            SplitBy = rules.SplitBy.ToString(),
            FailoverBelow = rules.FailoverBelow,
            Maintenance = rules.Maintenance,
            Shares = [.. plan.Splits.Select(split => new ShareJson(
                split.Name,
                total > 0 ? 100 * split.Share / total : 0,
                [.. split.Tiers.Zip(steps, (tier, step) => new StepJson(
                    step.ToString(),
                    tier.Instances.Count(one => one.Instance.State != InstanceState.Critical),
                    [.. tier.Instances.Select(one => one.Instance.Id)]))]))],
        };
    }

    internal sealed record ShareJson(string Name, double Percent, IReadOnlyList<StepJson> Steps);

    internal sealed record StepJson(string Step, int Healthy, IReadOnlyList<string> Instances);
}
