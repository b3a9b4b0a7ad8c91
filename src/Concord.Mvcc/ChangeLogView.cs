namespace Concord.Mvcc;

/// <summary>What a view sees of the change log: the positions from <see cref="Start"/> up to <see cref="End"/>.</summary>
internal readonly struct ChangeLogView(KeyVersion?[][] chunks, long origin, long start, long end)
{
    /// <summary>Changes per chunk: 8 KiB of references, a small piece to copy when the oldest chunk is cut.</summary>
    public const int ChunkSize = 1024;

    public long Start => start;

    public long End => end;

    public KeyVersion this[long position]
    {
        get
        {
            var (chunk, slot) = Math.DivRem((int)(position - origin), ChunkSize);
            return chunks[chunk][slot] ?? throw new InvalidOperationException("The change log has a hole.");
        }
    }

    /// <summary>The position of the first change at or after a revision.</summary>
    public long Find(long revision)
    {
        var low = start;
        var high = end;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (this[middle].ModRevision < revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
