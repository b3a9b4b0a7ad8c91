using System.Buffers;
using System.Buffers.Binary;

namespace Concord.EtcdBackend.Bolt;

/// <summary>Collects pairs until they fill a leaf page. A pair that is larger than a page gets pages of its own.</summary>
internal sealed class LeafBuilder(PageOutput output)
{
    private readonly List<(uint Flags, int KeyLength, int ValueLength)> _elements = [];
    private readonly ArrayBufferWriter<byte> _data = new();
    private byte[] _firstKey = [];
    private long _length = BoltFormat.PageHeaderBytes;

    public bool IsEmpty => _elements.Count == 0;

    public bool HasRoomFor(int keyLength, int valueLength) =>
        IsEmpty || _length + BoltFormat.ElementBytes + keyLength + valueLength <= output.PageBytes;

    public void Add(BoltPairs pair)
    {
        var (keyLength, valueLength) = (pair.KeyLength, pair.ValueLength);
        if (IsEmpty)
        {
            _firstKey = new byte[keyLength];
            pair.CopyKey(_firstKey);
        }

        Count(0, keyLength, valueLength);
        if (!output.Measures)
        {
            var data = _data.GetSpan(keyLength + valueLength);
            pair.CopyKey(data[..keyLength]);
            pair.CopyValue(data.Slice(keyLength, valueLength));
            _data.Advance(keyLength + valueLength);
        }
    }

    public void AddBucket(byte[] name, ReadOnlySpan<byte> bucket)
    {
        _firstKey = IsEmpty ? name : _firstKey;
        Count(BoltFormat.BucketFlag, name.Length, bucket.Length);
        _data.Write(name);
        _data.Write(bucket);
    }

    /// <summary>Writes what was collected as a page and begins anew.</summary>
    public (byte[] FirstKey, ulong Page) Finish()
    {
        var page = output.Add(BoltFormat.LeafPage, _elements.Count, _length, out var id);
        if (!output.Measures)
        {
            Fill(page[BoltFormat.PageHeaderBytes..]);
        }

        var firstKey = _firstKey;
        _elements.Clear();
        _data.ResetWrittenCount();
        _length = BoltFormat.PageHeaderBytes;
        return (firstKey, id);
    }

    private void Count(uint flags, int keyLength, int valueLength)
    {
        _elements.Add((flags, keyLength, valueLength));
        _length += BoltFormat.ElementBytes + keyLength + valueLength;
    }

    private void Fill(Span<byte> content)
    {
        var position = _elements.Count * BoltFormat.ElementBytes;
        for (var i = 0; i < _elements.Count; i++)
        {
            var (flags, keyLength, valueLength) = _elements[i];
            var at = i * BoltFormat.ElementBytes;
            BinaryPrimitives.WriteUInt32LittleEndian(content[at..], flags);
            BinaryPrimitives.WriteUInt32LittleEndian(content[(at + 4)..], (uint)(position - at));
            BinaryPrimitives.WriteUInt32LittleEndian(content[(at + 8)..], (uint)keyLength);
            BinaryPrimitives.WriteUInt32LittleEndian(content[(at + 12)..], (uint)valueLength);
            position += keyLength + valueLength;
        }

        _data.WrittenSpan.CopyTo(content[(_elements.Count * BoltFormat.ElementBytes)..]);
    }
}
