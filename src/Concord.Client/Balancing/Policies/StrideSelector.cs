namespace Concord.Client.Balancing.Policies;

/// <summary>The endpoints of a list in turn.</summary>
internal sealed class StrideSelector : IEndpointSelector
{
    private readonly PoolEndpoint[] _endpoints;
    private readonly StrideSchedule _schedule;

    public StrideSelector(IReadOnlyList<WeightedEndpoint> endpoints, Func<WeightedEndpoint, double> weight, ulong start)
    {
        _endpoints = [.. endpoints.Select(one => one.Endpoint)];
        double[] weights = [.. endpoints.Select(weight)];
        _schedule = new StrideSchedule(weights, start);
    }

    public PoolEndpoint Select(in SelectionContext context)
    {
        var chosen = _endpoints[_schedule.Next()];
        if (context.Avoid is null || !context.Avoids(chosen))
            return chosen;
        // A rare second attempt: the next turns, then whoever is left, so that a light one is found too.
        for (var i = 0; i < _endpoints.Length; i++)
        {
            var next = _endpoints[_schedule.Next()];
            if (!context.Avoids(next))
                return next;
        }

        foreach (var other in _endpoints)
        {
            if (!context.Avoids(other))
                return other;
        }

        return chosen;
    }
}
