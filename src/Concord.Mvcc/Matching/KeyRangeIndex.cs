using Concord.Mvcc.Matching;

namespace Concord.Mvcc;

/// <summary>
/// Finds, among many registered key ranges, those that a key is in: single keys by hash, intervals by a tree. The cost
/// is that of the items found and a few comparisons. For one thread at a time.
/// </summary>
/// <typeparam name="T">What is registered; its equality tells items of one range apart.</typeparam>
public sealed class KeyRangeIndex<T>
    where T : notnull
{
    private readonly Dictionary<byte[], ItemSet<T>> _singles;
    private readonly Dictionary<byte[], ItemSet<T>>.AlternateLookup<ReadOnlySpan<byte>> _singlesBySpan;
    private readonly IntervalTree<ItemSet<T>> _intervals = new();

    /// <param name="hashSeed">
    /// A number that clients cannot guess, so that they cannot choose keys that all fall into one bucket.
    /// </param>
    public KeyRangeIndex(ulong hashSeed = 0)
    {
        _singles = new(new KeyHash(hashSeed));
        _singlesBySpan = _singles.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>How many pairs of range and item are registered.</summary>
    public int Count { get; private set; }

    /// <summary>False if the pair is registered already.</summary>
    public bool Add(KeyRange range, T item)
    {
        ItemSet<T>? items;
        if (!range.IsSingle)
        {
            items = _intervals.GetOrAdd(range);
        }
        else if (!_singlesBySpan.TryGetValue(range.Start.Span, out items))
        {
            items = new();
            _singles.Add(range.Start.ToArray(), items);
        }

        var added = items.Add(item);
        Count += added ? 1 : 0;
        return added;
    }

    /// <summary>False if the pair is not registered.</summary>
    public bool Remove(KeyRange range, T item)
    {
        var items = range.IsSingle ? _singlesBySpan.TryGetValue(range.Start.Span, out var single) ? single : null : _intervals.Find(range);
        if (items is null || !items.Remove(item))
        {
            return false;
        }

        Count--;
        if (items.IsEmpty)
        {
            _ = range.IsSingle ? _singlesBySpan.Remove(range.Start.Span) : _intervals.Remove(range);
        }

        return true;
    }

    /// <summary>Appends the items whose range contains the key; an item registered with two such ranges comes twice.</summary>
    public void Find(ReadOnlySpan<byte> key, List<T> items)
    {
        if (_singlesBySpan.TryGetValue(key, out var single))
        {
            items.AddRange(single.Items);
        }

        foreach (var interval in _intervals.Containing(key))
        {
            items.AddRange(interval.Items);
        }
    }
}
