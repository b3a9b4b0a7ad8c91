using System.Buffers;

namespace Concord.EtcdBackend.Bolt;

/// <summary>Numbers pages in the order in which they come, and keeps their bytes unless only their number is wanted.</summary>
internal sealed class PageOutput(int pageBytes, bool measures)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public int PageBytes => pageBytes;

    /// <summary>Nothing is kept; bytes need not be filled in.</summary>
    public bool Measures => measures;

    public ulong PageCount { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>Begins the next page.</summary>
    /// <param name="length">Its bytes; what is longer than a page takes several.</param>
    /// <returns>The page, with its header and zeros behind its content; empty when measuring.</returns>
    public Span<byte> Add(ushort kind, int count, long length, out ulong id)
    {
        var pages = checked((int)((length + pageBytes - 1) / pageBytes));
        id = PageCount;
        PageCount += (ulong)pages;
        if (measures)
        {
            return [];
        }

        var size = checked(pages * pageBytes);
        var page = _bytes.GetSpan(size)[..size];
        page[(int)length..].Clear();
        BoltFormat.WritePageHeader(page, id, kind, count, pages - 1);
        _bytes.Advance(size);
        return page;
    }

    public void Forget() => _bytes.ResetWrittenCount();
}
