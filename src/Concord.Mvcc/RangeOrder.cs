namespace Concord.Mvcc;

/// <summary>
/// Filters, order and limit of a range, as etcd applies them: with an explicit order or a filter everything is read,
/// filtered, sorted and cut to the limit. Without both, the limit (and one more, to know whether there is more) cuts
/// what is read in key order; a sort target other than the key then sorts only what was read.
/// </summary>
internal readonly struct RangeOrder(RangeOperation range)
{
    /// <summary>How many pairs in key order have to be read.</summary>
    public long ItemsMax =>
        range.CountOnly ? 0
        : range.Limit <= 0 || range.Limit == long.MaxValue || range.SortOrder != SortOrder.None || HasFilter ? long.MaxValue
        : range.Limit + 1;

    private bool HasFilter =>
        range.MinModRevision != 0 || range.MaxModRevision != 0 || range.MinCreateRevision != 0 || range.MaxCreateRevision != 0;

    /// <summary>Turns what was read into what is answered; true if the limit cut it.</summary>
    public bool Arrange(List<KeyVersion> items)
    {
        if (HasFilter)
        {
            Filter(items);
        }

        Sort(items);
        if (range.Limit <= 0 || items.Count <= range.Limit)
        {
            return false;
        }

        items.RemoveRange((int)range.Limit, items.Count - (int)range.Limit);
        return true;
    }

    private void Filter(List<KeyVersion> items)
    {
        var filters = range;
        items.RemoveAll(item =>
            (filters.MinModRevision != 0 && item.ModRevision < filters.MinModRevision)
            || (filters.MaxModRevision != 0 && item.ModRevision > filters.MaxModRevision)
            || (filters.MinCreateRevision != 0 && item.CreateRevision < filters.MinCreateRevision)
            || (filters.MaxCreateRevision != 0 && item.CreateRevision > filters.MaxCreateRevision));
    }

    private void Sort(List<KeyVersion> items)
    {
        var descending = range.SortOrder == SortOrder.Descend;
        if (range.SortTarget == SortTarget.Key)
        {
            if (descending)
            {
                items.Reverse();
            }

            return;
        }

        var target = range.SortTarget;
        items.Sort((left, right) =>
        {
            var order = Compare(target, left, right);
            order = descending ? -order : order;
            return order != 0 ? order : left.KeySpan.SequenceCompareTo(right.KeySpan);
        });
    }

    private static int Compare(SortTarget target, KeyVersion left, KeyVersion right) => target switch
    {
        SortTarget.Version => left.Version.CompareTo(right.Version),
        SortTarget.CreateRevision => left.CreateRevision.CompareTo(right.CreateRevision),
        SortTarget.ModRevision => left.ModRevision.CompareTo(right.ModRevision),
        SortTarget.Value => left.ValueSpan.SequenceCompareTo(right.ValueSpan),
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "This is not a sort target."),
    };
}
