namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Draws an index in proportion to weights with one random number and no search (Walker's alias method in Vose's form, 1991): each of n equal
/// columns holds one index up to a threshold and another one above it.
/// </summary>
internal sealed class AliasTable
{
    private readonly uint[] _thresholds;
    private readonly int[] _aliases;

    public AliasTable(ReadOnlySpan<double> weights)
    {
        var n = weights.Length;
        _thresholds = new uint[n];
        _aliases = new int[n];
        var total = 0.0;
        foreach (var weight in weights)
            total += weight;
        var scaled = new double[n];
        var small = new Stack<int>(n);
        var large = new Stack<int>(n);
        for (var i = 0; i < n; i++)
        {
            scaled[i] = weights[i] * n / total;
            (scaled[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var (less, more) = (small.Pop(), large.Pop());
            _thresholds[less] = (uint)(scaled[less] * uint.MaxValue);
            _aliases[less] = more;
            scaled[more] -= 1 - scaled[less];
            (scaled[more] < 1 ? small : large).Push(more);
        }

        // What rounding left over fills its column alone.
        foreach (var rest in large.Concat(small))
        {
            _thresholds[rest] = uint.MaxValue;
            _aliases[rest] = rest;
        }
    }

    public int Draw(ulong random)
    {
        var column = StableHash.Index(random, _thresholds.Length);
        return (uint)random <= _thresholds[column] ? column : _aliases[column];
    }
}
