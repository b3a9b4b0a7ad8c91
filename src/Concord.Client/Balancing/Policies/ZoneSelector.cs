namespace Concord.Client.Balancing.Policies;

/// <summary>The caller's zone with a probability, else another one.</summary>
internal sealed class ZoneSelector : IEndpointSelector
{
    private readonly Zone? _local;
    private readonly Zone[] _remote;
    private readonly AliasTable? _table;
    private readonly ulong _staysBelow;
    private readonly BalancingRandom _random;

    /// <param name="local">Null if no instance is there.</param>
    /// <param name="stays">Which part of the calls stays, 0 to 1.</param>
    public ZoneSelector(Zone? local, double stays, IReadOnlyList<Zone> remote, BalancingRandom random)
    {
        _local = local;
        _remote = [.. remote];
        double[] shares = [.. remote.Select(zone => zone.Share)];
        _table = shares.Length > 0 ? new AliasTable(shares) : null;
        _staysBelow = _table is null || stays >= 1 ? ulong.MaxValue : (ulong)(stays * ulong.MaxValue);
        _random = random;
    }

    public IEndpointSelector? Find(string zone) =>
        _local?.Name == zone ? _local.Selector : Array.Find(_remote, one => one.Name == zone)?.Selector;

    public PoolEndpoint Select(in SelectionContext context)
    {
        // A key decides itself whether it stays, else its calls would go to two instances.
        var coin = context.Key is { } key ? StableHash.Mix(key ^ StableHash.Golden) : _random.Next();
        if (_local is not null && coin <= _staysBelow)
        {
            var chosen = _local.Selector.Select(context);
            if (_table is null || !context.Avoids(chosen))
                return chosen;
        }

        var remote = _remote[_table!.Draw(StableHash.Mix(coin))].Selector.Select(context);
        return _local is not null && context.Avoids(remote) ? _local.Selector.Select(context) : remote;
    }

    /// <param name="Share">What it can take, in relation to the others.</param>
    public sealed record Zone(string Name, IEndpointSelector Selector, double Share);
}
