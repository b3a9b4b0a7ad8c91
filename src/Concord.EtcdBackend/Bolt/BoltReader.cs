using System.Buffers.Binary;
using System.Text;

namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// Reads a bbolt file from whoever sent it: nothing it says is believed before it was checked. Each scan reads each page at
/// most once, so it ends after the length of the file whatever its pages point to; memory holds one page per level of a tree.
/// </summary>
public sealed class BoltReader
{
    /// <summary>
    /// A page with all that belongs to it. etcd takes requests of up to 1.5 MiB unless it is told otherwise, and gRPC messages end at
    /// 2 GiB; more than this in one value is no data of etcd's.
    /// </summary>
    private const long PageRunBytesMax = 256L << 20;

    /// <summary>A branch is about one page long; the longest keys that bbolt allows (32 KiB) make it a few.</summary>
    private const long BranchBytesMax = 1L << 20;

    private readonly Stream _file;
    private readonly long _length;
    private readonly BoltMeta _meta;

    private BoltReader(Stream file, long length, BoltMeta meta)
    {
        _file = file;
        _length = length;
        _meta = meta;
    }

    public int PageBytes => _meta.PageBytes;

    /// <summary>Bytes in use by the database; the file may be longer.</summary>
    public long DataBytes => (long)_meta.PageCount * PageBytes;

    /// <summary>Whether a file begins like a bbolt file, damaged or not.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> start) =>
        start.Length >= BoltFormat.PageHeaderBytes + sizeof(uint)
        && BinaryPrimitives.ReadUInt32LittleEndian(start[BoltFormat.PageHeaderBytes..]) == BoltFormat.Magic;

    /// <param name="file">Seekable; stays the caller's.</param>
    /// <param name="length">How much of it belongs to the database.</param>
    /// <exception cref="BoltFormatException">It is no bbolt file, damaged or cut short.</exception>
    public static BoltReader Open(Stream file, long length)
    {
        var meta = FindMeta(file, length) ?? throw new BoltFormatException("Neither of the two pages that describe the file is whole.");
        var reader = new BoltReader(file, length, meta);
        if (meta.PageCount > (ulong)(length / meta.PageBytes))
        {
            throw new BoltFormatException(
                $"The file is cut short: it says that it has {meta.PageCount} pages of {meta.PageBytes} bytes and ends after {length / meta.PageBytes}.");
        }

        return reader;
    }

    /// <summary>The names of the buckets, in ascending order of their bytes.</summary>
    public IEnumerable<string> Buckets()
    {
        var cursor = Scan(_meta.Root);
        while (cursor.MoveNext())
        {
            yield return Encoding.UTF8.GetString(cursor.Key);
        }
    }

    /// <summary>The pairs of a bucket; null if there is no such bucket.</summary>
    /// <exception cref="BoltFormatException"/>
    public BoltCursor? Open(string bucket)
    {
        var name = Encoding.UTF8.GetBytes(bucket);
        var cursor = Scan(_meta.Root);
        while (cursor.MoveNext())
        {
            if (cursor.Key.SequenceEqual(name))
            {
                return OpenBucket(bucket, cursor);
            }
        }

        return null;
    }

    /// <summary>Whether the file was written to since it was opened.</summary>
    public bool HasChanged() => FindMeta(_file, _length) != _meta;

    internal BoltPage ReadPage(ulong id, PageSet visited)
    {
        if (id < BoltFormat.MetaPages || id >= _meta.PageCount)
        {
            throw new BoltFormatException($"There is a reference to page {id} of {_meta.PageCount}.");
        }

        Span<byte> header = stackalloc byte[BoltFormat.PageHeaderBytes];
        ReadAt((long)id * PageBytes, header);
        var place = $"Page {id} (at byte {(long)id * PageBytes})";
        var self = BinaryPrimitives.ReadUInt64LittleEndian(header);
        if (self != id)
        {
            throw new BoltFormatException($"{place} says that it is page {self}.");
        }

        var pages = 1 + (ulong)BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (pages > _meta.PageCount - id)
        {
            throw new BoltFormatException($"{place} says that {pages - 1} more pages belong to it, beyond the end of the file.");
        }

        var bytesMax = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) == BoltFormat.BranchPage ? BranchBytesMax : PageRunBytesMax;
        if ((long)pages * PageBytes > bytesMax)
        {
            throw new BoltFormatException($"{place} is {(long)pages * PageBytes} bytes long; no such page has more than {bytesMax}.");
        }

        for (var page = id; page < id + pages; page++)
        {
            if (!visited.Add((long)page))
            {
                throw new BoltFormatException($"{place}: page {page} is part of the tree twice.");
            }
        }

        var bytes = new byte[(long)pages * PageBytes];
        ReadAt((long)id * PageBytes, bytes);
        return new(bytes, place);
    }

    private BoltCursor OpenBucket(string name, BoltCursor entry)
    {
        if (!entry.IsBucket || entry.Value.Length < BoltFormat.BucketHeaderBytes)
        {
            throw new BoltFormatException($"'{name}' is no bucket.");
        }

        var root = BinaryPrimitives.ReadUInt64LittleEndian(entry.Value);
        if (root != 0)
        {
            return Scan(root);
        }

        var inline = entry.Value[BoltFormat.BucketHeaderBytes..];
        if (inline.Length < BoltFormat.PageHeaderBytes)
        {
            throw new BoltFormatException($"The page inside of bucket '{name}' is cut short.");
        }

        var page = new BoltPage(inline.ToArray(), $"The page inside of bucket '{name}'");
        return page.IsBranch
            ? throw new BoltFormatException($"The page inside of bucket '{name}' is a branch.")
            : new BoltCursor(this, page, new PageSet(0));
    }

    private BoltCursor Scan(ulong root)
    {
        var visited = new PageSet((long)_meta.PageCount);
        return new(this, ReadPage(root, visited), visited);
    }

    private static BoltMeta? FindMeta(Stream file, long length)
    {
        // The second meta lies a page behind the first. If the first is damaged, the size of a page is not known.
        var first = MetaAt(file, length, 0);
        if (first is not null)
        {
            var second = MetaAt(file, length, first.PageBytes);
            return second?.PageBytes == first.PageBytes && second.Transaction > first.Transaction ? second : first;
        }

        for (var pageBytes = BoltFormat.PageBytesMin; pageBytes <= BoltFormat.PageBytesMax; pageBytes *= 2)
        {
            if (MetaAt(file, length, pageBytes) is { } second && second.PageBytes == pageBytes)
            {
                return second;
            }
        }

        return null;
    }

    private static BoltMeta? MetaAt(Stream file, long length, long offset)
    {
        Span<byte> content = stackalloc byte[BoltFormat.MetaBytes];
        if (offset + BoltFormat.PageHeaderBytes + content.Length > length)
        {
            return null;
        }

        ReadAt(file, offset + BoltFormat.PageHeaderBytes, content);
        return BoltMeta.TryParse(content);
    }

    private void ReadAt(long offset, Span<byte> bytes) => ReadAt(_file, offset, bytes);

    private static void ReadAt(Stream file, long offset, Span<byte> bytes)
    {
        file.Position = offset;
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new BoltFormatException($"The file ended at byte {file.Position} while it was read; it was longer before.");
        }
    }
}
