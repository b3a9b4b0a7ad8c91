namespace Concord.Mvcc;

/// <summary>
/// Drops what a compaction at revision C allows to forget, a piece at a time. What stays of a key: every change at or
/// above C, and the version below C that is in force at C, unless that is a tombstone. (A tombstone exactly at C
/// stays, so that a watch from C sees the deletion.)
/// <para>
/// The change log leads to the keys: a key has something to drop only if one of its changes is in the log at or below
/// C. Each such change makes the versions before it superfluous, so going through the log from the oldest change drops
/// each version when its successor is met. A tombstone below C that is still the newest version of its key leaves the
/// tree. If a newer version above C links to it, it is left there: it reads like a missing link, costs no more than
/// its key and goes with the next compaction. Readers, hashes and snapshots pass over it.
/// </para>
/// </summary>
internal sealed class Trimmer(KeySpaceEditor space)
{
    private long _target = space.CompactedRevision;
    private long _position;
    private bool _running;

    /// <summary>
    /// What the rule about tombstones is for: a tombstone is dropped before what it hides is, and the key is there again.
    /// </summary>
    public bool LosesTombstones { get; set; }

    public bool HasWork => _running || _target < space.CompactedRevision;

    public void Run(int changesMax)
    {
        if (!HasWork)
        {
            return;
        }

        if (!_running)
        {
            _running = true;
            _target = space.CompactedRevision;
            _position = space.Log.Start;
            space.Horizon.Advance(_target);
        }

        var log = space.Log.View;
        var keptFrom = log.Find(_target);
        var end = Math.Min(log.End, _position + changesMax);
        for (; _position < end; _position++)
        {
            var change = log[_position];
            if (change.ModRevision > _target)
            {
                break;
            }

            Trim(change);
        }

        _running = _position < log.End && log[_position].ModRevision <= _target;
        space.Log.DropBefore(Math.Min(_position, keptFrom));
    }

    private void Trim(KeyVersion change)
    {
        if (LosesTombstones && change is { IsTombstone: true, Previous: { } hidden } && change.ModRevision < _target && space.Tree.Seek(change.KeySpan) == change)
        {
            space.Tree.Put(hidden);
            space.SizeBytes -= change.SizeBytes;
            return;
        }

        // Of several changes of a key in the revision C itself, all stay.
        if (change.Previous is { } previous && previous.ModRevision < _target)
        {
            change.CutPrevious();
            for (var version = previous; version is not null; version = version.Previous)
            {
                space.SizeBytes -= version.SizeBytes;
            }
        }

        if (change.IsTombstone && change.ModRevision < _target && space.Tree.Seek(change.KeySpan) == change)
        {
            space.Tree.Remove();
            space.SizeBytes -= change.SizeBytes;
        }
    }
}
