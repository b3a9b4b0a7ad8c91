using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// Every version of a view's history (see <see cref="History"/>) in the order in which it was written. From the
/// compaction on that is the change log. Of what is in force from before it, the tree knows only the keys, so those are
/// collected and sorted: references only, 16 bytes a key while they are sorted and 8 after.
/// Works on any thread; only trimming for a compaction that is newer than the view must wait until it is done.
/// </summary>
public sealed class RevisionOrder
{
    private readonly KeySpaceView _view;
    private readonly KeyVersion[] _old;

    public RevisionOrder(KeySpaceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        _view = view;
        _old = CollectOld(view);
    }

    /// <summary>History that the view needs was trimmed meanwhile: what was read so far is not to be relied on.</summary>
    public bool IsOvertaken => _view.State.Horizon.Revision > _view.CompactedRevision;

    /// <summary>May be enumerated again and again. Look at <see cref="IsOvertaken"/> afterwards.</summary>
    public IEnumerable<KeyVersion> Versions()
    {
        foreach (var version in _old)
        {
            yield return version;
        }

        var log = _view.Log;
        for (var position = log.Find(_view.CompactedRevision); position < log.End; position++)
        {
            yield return log[position];
        }
    }

    private static KeyVersion[] CollectOld(KeySpaceView view)
    {
        var compacted = view.CompactedRevision;
        var old = new List<KeyVersion>();
        var cursor = new KeyTreeCursor(view.State.Tree, KeyRange.All);
        while (cursor.Next() is { } newest)
        {
            if (History.InForceFromBefore(newest, compacted) is { } version)
            {
                old.Add(version);
            }
        }

        var sorted = old.ToArray();
        Array.Sort(Array.ConvertAll(sorted, version => (version.ModRevision, version.SubRevision)), sorted);
        return sorted;
    }
}
