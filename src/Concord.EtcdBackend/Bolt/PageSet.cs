namespace Concord.EtcdBackend.Bolt;

/// <summary>Which pages of a file a scan has met: a bit each.</summary>
internal sealed class PageSet(long pageCount)
{
    private readonly ulong[] _bits = new ulong[(pageCount + 63) / 64];

    /// <summary>False if the page was there.</summary>
    public bool Add(long page)
    {
        ref var word = ref _bits[page / 64];
        var bit = 1UL << (int)(page % 64);
        var isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }
}
