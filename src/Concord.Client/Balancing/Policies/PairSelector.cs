namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Draws two endpoints by weight and takes the one with the lower load ("the power of two choices": Mitzenmacher 1996). Two are enough to keep
/// the longest queue at log log n, and looking at all would send every caller to the same one.
/// </summary>
/// <remarks>
/// Drawing by weight makes the shares right while nothing is under way: equal loads leave it to the draw. Comparing load per weight makes
/// them right under load.
/// </remarks>
internal sealed class PairSelector : IEndpointSelector
{
    /// <summary>How often a second, different one is drawn. Where one weighs so much that it always comes up, it is compared with its neighbour.</summary>
    private const int DrawsMax = 5;

    private readonly PoolEndpoint[] _endpoints;
    private readonly double[] _weights;
    private readonly AliasTable _table;
    private readonly BalancingRandom _random;
    private readonly LoadOf _load;

    /// <param name="load">The load of an endpoint; <c>weight</c> is in relation to the mean of the list.</param>
    public PairSelector(IReadOnlyList<WeightedEndpoint> endpoints, BalancingRandom random, LoadOf load)
    {
        _endpoints = [.. endpoints.Select(one => one.Endpoint)];
        _weights = [.. endpoints.Select(one => one.Share)];
        _table = new AliasTable(_weights);
        var mean = _weights.Average();
        for (var i = 0; i < _weights.Length; i++)
            _weights[i] /= mean;
        _random = random;
        _load = load;
    }

    public delegate double LoadOf(PoolEndpoint endpoint, double weight, TimeSpan now);

    public PoolEndpoint Select(in SelectionContext context)
    {
        if (_endpoints.Length == 1)
            return _endpoints[0];
        var first = Draw(context);
        var second = Draw(context);
        for (var i = 1; second == first && i < DrawsMax; i++)
            second = Draw(context);
        if (second == first)
            second = (first + 1) % _endpoints.Length;
        if (context.Avoids(_endpoints[second]))
            return _endpoints[first];
        var (firstLoad, secondLoad) = (Load(first, context.Now), Load(second, context.Now));
        return _endpoints[secondLoad < firstLoad ? second : first];
    }

    private double Load(int index, TimeSpan now) => _load(_endpoints[index], _weights[index], now);

    private int Draw(in SelectionContext context)
    {
        var drawn = _table.Draw(_random.Next());
        if (context.Avoid is null)
            return drawn;
        for (var i = 1; i < DrawsMax && context.Avoids(_endpoints[drawn]); i++)
            drawn = _table.Draw(_random.Next());
        for (var i = 0; i < _endpoints.Length && context.Avoids(_endpoints[drawn]); i++)
            drawn = (drawn + 1) % _endpoints.Length;
        return drawn;
    }
}
