namespace Concord.Mvcc;

/// <summary>
/// Every change in the order of revisions, since the compaction: the history that watches read. Chunks are filled from
/// the front and shared with views, which read only what was there when they were made: a slot is written once, and
/// what a view sees of the directory and the chunks is never written again. Dropping from the front therefore makes a
/// new directory.
/// </summary>
internal sealed class ChangeLog
{
    private KeyVersion?[][] _chunks;
    private int _chunkCount;
    private long _origin;
    private long _start;
    private long _end;

    public ChangeLog() => _chunks = new KeyVersion?[4][];

    /// <summary>The position of the oldest change that is kept.</summary>
    public long Start => _start;

    /// <summary>The position after the newest change.</summary>
    public long End => _end;

    public KeyVersion this[long position] => View[position];

    public ChangeLogView View => new(_chunks, _origin, _start, _end);

    public void Append(KeyVersion change)
    {
        var slot = (int)((_end - _origin) % ChangeLogView.ChunkSize);
        if (slot == 0)
        {
            AddChunk();
        }

        _chunks[_chunkCount - 1][slot] = change;
        _end++;
    }

    /// <summary>Puts another change in the place of one that is in the log. Only while no view was made.</summary>
    public void Replace(KeyVersion change, KeyVersion by)
    {
        var log = View;
        var position = log.Find(change.ModRevision);
        while (log[position] != change)
        {
            position++;
        }

        var (chunk, slot) = Math.DivRem((int)(position - _origin), ChangeLogView.ChunkSize);
        _chunks[chunk][slot] = by;
    }

    /// <summary>Lets go of the changes before a position.</summary>
    public void DropBefore(long position)
    {
        if (position == _start)
        {
            return;
        }

        var dropped = (int)((position - _origin) / ChangeLogView.ChunkSize);
        var kept = _chunkCount - dropped;
        var chunks = new KeyVersion?[Math.Max(4, kept * 2)][];
        Array.Copy(_chunks, dropped, chunks, 0, kept);
        _chunks = chunks;
        _chunkCount = kept;
        _origin += (long)dropped * ChangeLogView.ChunkSize;
        _start = position;
        ForgetStartOfFirstChunk();
    }

    /// <summary>A chunk is dropped as a whole; what its first part refers to must not live until then.</summary>
    private void ForgetStartOfFirstChunk()
    {
        var forgotten = (int)(_start - _origin);
        if (forgotten > 0)
        {
            var first = (KeyVersion?[])_chunks[0].Clone();
            Array.Clear(first, 0, forgotten);
            _chunks[0] = first;
        }
    }

    private void AddChunk()
    {
        if (_chunkCount == _chunks.Length)
        {
            Array.Resize(ref _chunks, _chunkCount * 2);
        }

        _chunks[_chunkCount++] = new KeyVersion?[ChangeLogView.ChunkSize];
    }
}
