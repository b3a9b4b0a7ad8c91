using System.Buffers;
using Concord.Mvcc.Auth;
using Concord.Mvcc.Encoding;
using Concord.Mvcc.Snapshots;
using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// Turns a view into the bytes of a snapshot, a piece at a time: the whole history above the compaction, the leases
/// and the revisions. Works on any thread, beside the thread that goes on applying; only trimming for a compaction that
/// is newer than the view must wait until it is done.
/// </summary>
public sealed class KeySpaceSnapshotWriter
{
    private readonly KeySpaceView _view;
    private readonly IEnumerator<ReadOnlyMemory<byte>> _parts;
    private readonly ArrayBufferWriter<byte> _block = new(SnapshotFormat.BlockBytes);
    private readonly byte[] _numbers = new byte[SnapshotFormat.NumbersBytesMax];
    private ReadOnlyMemory<byte> _rest;

    public KeySpaceSnapshotWriter(KeySpaceView view)
    {
        _view = view;
        _parts = Parts();
    }

    /// <summary>Writes the next piece, at most <paramref name="bytesMax"/>; false if nothing was left to write.</summary>
    /// <exception cref="InvalidOperationException">
    /// History that the view needs was trimmed meanwhile; the snapshot is useless.
    /// </exception>
    public bool WriteNext(IBufferWriter<byte> output, int bytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, 1);
        var left = bytesMax;
        while (left > 0 && (!_rest.IsEmpty || MoveNext()))
        {
            var length = Math.Min(left, _rest.Length);
            output.Write(_rest.Span[..length]);
            _rest = _rest[length..];
            left -= length;
        }

        if (_view.State.Horizon.Revision > _view.CompactedRevision)
        {
            throw new InvalidOperationException("The key space was trimmed beyond the view while a snapshot of it was written.");
        }

        return left < bytesMax;
    }

    private bool MoveNext()
    {
        while (_rest.IsEmpty)
        {
            if (!_parts.MoveNext())
            {
                return false;
            }

            _rest = _parts.Current;
        }

        return true;
    }

    /// <summary>The parts in order; runs of numbers share one buffer, as do blocks, so each is good until the next.</summary>
    private IEnumerator<ReadOnlyMemory<byte>> Parts()
    {
        var auth = _view.Auth.Changes == 0 ? [] : AuthStateCodec.Encode(_view.Auth);
        yield return Header(auth.Length);
        yield return auth;
        foreach (var (id, lease) in _view.LeaseEntries)
        {
            yield return Numbers([], Varint.Fold(id.Value), (ulong)lease.TtlSeconds);
        }

        var count = 0UL;
        var hash = AuthStateCodec.Hash(_view.Auth);
        var versions = new List<KeyVersion>();
        var cursor = new KeyTreeCursor(_view.State.Tree, KeyRange.All);
        while (cursor.Next() is { } newest)
        {
            versions.Clear();
            History.Collect(newest, _view.CompactedRevision, versions);
            for (var i = versions.Count - 1; i >= 0; i--)
            {
                Add(versions[i], isOldest: i == versions.Count - 1);
                count++;
                hash += VersionHash.Of(versions[i]);
                if (_block.WrittenCount >= SnapshotFormat.BlockBytes)
                {
                    yield return BlockHead();
                    yield return _block.WrittenMemory;
                    _block.ResetWrittenCount();
                }
            }
        }

        if (_block.WrittenCount > 0)
        {
            yield return BlockHead();
            yield return _block.WrittenMemory;
        }

        yield return Numbers([SnapshotFormat.EndTag], count, hash);
    }

    /// <summary>Adds a version to the block.</summary>
    private void Add(KeyVersion version, bool isOldest)
    {
        var start = isOldest ? VersionStart.Key : _block.WrittenCount == 0 ? VersionStart.Continued : VersionStart.Same;
        _block.Write([(byte)start]);
        if (start != VersionStart.Same)
        {
            _block.Write(Numbers([], (ulong)version.KeyLength).Span);
            _block.Write(version.KeySpan);
        }

        _block.Write(VersionNumbers(version).Span);
        _block.Write(version.ValueSpan);
    }

    private ReadOnlyMemory<byte> BlockHead() => Numbers([SnapshotFormat.BlockTag], (ulong)_block.WrittenCount);

    private ReadOnlyMemory<byte> Header(int authBytes)
    {
        var (revision, compacted, leases) = ((ulong)_view.Revision, (ulong)_view.CompactedRevision, (ulong)_view.LeaseEntries.Count);
        return authBytes == 0
            ? Numbers([SnapshotFormat.WithoutUsers], revision, compacted, leases)
            : Numbers([SnapshotFormat.WithUsers], revision, compacted, leases, (ulong)authBytes);
    }

    private ReadOnlyMemory<byte> VersionNumbers(KeyVersion version) => Numbers(
        [],
        (ulong)version.ModRevision,
        (ulong)version.SubRevision,
        (ulong)version.CreateRevision,
        (ulong)version.Version,
        Varint.Fold(version.Lease.Value),
        (ulong)version.Value.Length);

    private ReadOnlyMemory<byte> Numbers(ReadOnlySpan<byte> tag, params ReadOnlySpan<ulong> values)
    {
        tag.CopyTo(_numbers);
        var length = tag.Length;
        foreach (var value in values)
        {
            length += Varint.Write(_numbers.AsSpan(length), value);
        }

        return _numbers.AsMemory(0, length);
    }
}
