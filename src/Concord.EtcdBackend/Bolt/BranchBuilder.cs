using System.Buffers.Binary;

namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// Collects the pages of one level of a tree into branch pages. A branch with one child is something that bbolt asserts
/// never to meet when it later takes pages away, so a full branch is held back until the next one has two children; if that
/// stays alone, it goes into the full one, which then runs over into a second page.
/// </summary>
internal sealed class BranchBuilder(PageOutput output, Action<byte[], ulong> written)
{
    private List<(byte[] Key, ulong Page)> _open = [];
    private List<(byte[] Key, ulong Page)>? _held;
    private long _length = BoltFormat.PageHeaderBytes;

    /// <summary>The only child so far, with nothing written yet: the root of the tree if no other comes.</summary>
    public ulong? OnlyChild => _held is null && _open.Count == 1 && !HasWritten ? _open[0].Page : null;

    private bool HasWritten { get; set; }

    public void Add(byte[] firstKey, ulong page)
    {
        var length = BoltFormat.ElementBytes + firstKey.Length;
        if (_open.Count >= 2 && _length + length > output.PageBytes)
        {
            (_held, _open) = (_open, []);
            _length = BoltFormat.PageHeaderBytes;
        }

        _open.Add((firstKey, page));
        _length += length;
        if (_open.Count == 2 && _held is { } full)
        {
            _held = null;
            Write(full);
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Finish()
    {
        Write(_held is { } full ? [.. full, .. _open] : _open);
        (_held, _open) = (null, []);
    }

    private void Write(List<(byte[] Key, ulong Page)> children)
    {
        HasWritten = true;
        var start = children.Count * BoltFormat.ElementBytes;
        var length = BoltFormat.PageHeaderBytes + start + children.Sum(child => (long)child.Key.Length);
        var page = output.Add(BoltFormat.BranchPage, children.Count, length, out var id);
        if (!output.Measures)
        {
            var content = page[BoltFormat.PageHeaderBytes..];
            var position = start;
            for (var i = 0; i < children.Count; i++)
            {
                var at = i * BoltFormat.ElementBytes;
                BinaryPrimitives.WriteUInt32LittleEndian(content[at..], (uint)(position - at));
                BinaryPrimitives.WriteUInt32LittleEndian(content[(at + 4)..], (uint)children[i].Key.Length);
                BinaryPrimitives.WriteUInt64LittleEndian(content[(at + 8)..], children[i].Page);
                children[i].Key.CopyTo(content[position..]);
                position += children[i].Key.Length;
            }
        }

        written(children[0].Key, id);
    }
}
