namespace Concord.Mvcc;

/// <summary>
/// How far dropping compacted versions has begun: shared by a key space and all its views, written before anything is
/// dropped.
/// <para>
/// Why a reader without a lock never gets a wrong answer. Dropping up to compaction C cuts only links to versions that
/// no read at a revision ≥ C follows: such a read stops at the newest version ≤ C or later, and the only version cut
/// that it could have stopped at is a tombstone below C, which answers "not there" just as a missing link does. So
/// only reads below C can see a difference. The writer sets the horizon to C first and cuts links after, both by
/// volatile writes, which keep that order; a reader follows links by volatile reads and looks at the horizon last.
/// Hence a reader that saw a cut also sees a horizon above its revision and answers "compacted" instead. A read at
/// the revision of its own view follows no link at all, for the tree of the view is immutable: it always succeeds.
/// </para>
/// </summary>
internal sealed class TrimHorizon
{
    // A reference, because a 64-bit number cannot be volatile.
    private volatile Mark _mark = new(0);

    public long Revision => _mark.Revision;

    public void Advance(long revision) => _mark = new(revision);

    private sealed record Mark(long Revision);
}
