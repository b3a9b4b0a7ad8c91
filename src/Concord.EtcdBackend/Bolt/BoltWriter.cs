using System.Buffers.Binary;
using System.Text;

namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// Writes buckets as a bbolt file, front to back. The first page says how many pages there are and which is the root, so the
/// pairs are passed over twice: once to lay out the pages, once to write them. Memory holds the largest pair and one page per
/// level of the tree, whatever the size of the file. Pages are full: nobody who restores a copy minds that the first
/// write to a page splits it.
/// </summary>
public sealed class BoltWriter
{
    /// <summary>What etcd has on nearly all machines; a file tells its own size to its readers.</summary>
    public const int DefaultPageBytes = 4096;

    private const ulong EmptyFreelist = BoltFormat.MetaPages;

    private readonly IReadOnlyList<BoltBucket> _buckets;
    private readonly int _pageBytes;
    private readonly ulong _pageCount;
    private readonly ulong _root;

    /// <summary>Lays the pages out, which passes over all pairs.</summary>
    public BoltWriter(IEnumerable<BoltBucket> buckets, CancellationToken cancellation, int pageBytes = DefaultPageBytes)
    {
        _buckets = [.. buckets.OrderBy(bucket => bucket.Name, StringComparer.Ordinal)];
        _pageBytes = pageBytes;
        var output = new PageOutput(pageBytes, measures: true);
        foreach (var root in Build(output, metas: null))
        {
            cancellation.ThrowIfCancellationRequested();
            _root = root;
        }

        _pageCount = output.PageCount;
    }

    public long FileBytes => (long)_pageCount * _pageBytes;

    /// <summary>
    /// The file in pieces of at least <paramref name="pieceBytes"/> (the last may be smaller), whole pages each. A piece is good
    /// until the next is asked for.
    /// </summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(int pieceBytes)
    {
        var output = new PageOutput(_pageBytes, measures: false);
        var root = 0UL;
        foreach (var newest in Build(output, (_root, _pageCount)))
        {
            root = newest;
            if (output.Written.Length >= pieceBytes)
            {
                yield return output.Written;
                output.Forget();
            }
        }

        if (root != _root || output.PageCount != _pageCount)
        {
            throw new InvalidOperationException("The pairs changed between the layout and the writing of a file.");
        }

        if (!output.Written.IsEmpty)
        {
            yield return output.Written;
        }
    }

    /// <summary>Yields after each pair; the last number is the root page.</summary>
    private IEnumerable<ulong> Build(PageOutput output, (ulong Root, ulong PageCount)? metas)
    {
        AddMeta(output, metas);
        AddMeta(output, metas);
        output.Add(BoltFormat.FreelistPage, 0, BoltFormat.PageHeaderBytes, out _);
        var root = new TreeBuilder(output);
        foreach (var bucket in _buckets)
        {
            var pairs = bucket.Pairs();
            var tree = pairs.MoveNext() ? new TreeBuilder(output) : null;
            for (var goesOn = tree is not null; goesOn; goesOn = pairs.MoveNext())
            {
                tree!.Add(pairs);
                yield return 0;
            }

            AddBucket(root, bucket.Name, tree?.Finish());
        }

        yield return root.Finish();
    }

    private static void AddBucket(TreeBuilder root, string name, ulong? page)
    {
        // An empty bucket has its (empty) leaf page inside: no page of the file for nothing.
        Span<byte> bucket = stackalloc byte[BoltFormat.BucketHeaderBytes + BoltFormat.PageHeaderBytes];
        bucket.Clear();
        if (page is { } id)
        {
            bucket = bucket[..BoltFormat.BucketHeaderBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(bucket, id);
        }
        else
        {
            BoltFormat.WritePageHeader(bucket[BoltFormat.BucketHeaderBytes..], 0, BoltFormat.LeafPage, 0, 0);
        }

        root.AddBucket(Encoding.UTF8.GetBytes(name), bucket);
    }

    private static void AddMeta(PageOutput output, (ulong Root, ulong PageCount)? metas)
    {
        var page = output.Add(BoltFormat.MetaPage, 0, output.PageBytes, out var id);
        if (metas is not var (root, pageCount))
        {
            return;
        }

        var meta = page.Slice(BoltFormat.PageHeaderBytes, BoltFormat.MetaBytes);
        page[BoltFormat.PageHeaderBytes..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(meta, BoltFormat.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(meta[4..], BoltFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(meta[8..], (uint)output.PageBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[16..], root);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[32..], EmptyFreelist);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[40..], pageCount);

        // Transaction n writes page n % 2, so that the meta before it stays readable.
        BinaryPrimitives.WriteUInt64LittleEndian(meta[48..], id);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[56..], BoltFormat.MetaChecksum(meta));
    }
}
