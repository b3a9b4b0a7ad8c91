using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// Reads one snapshot chunk by chunk; every chunk is checked before it is handed out, and the whole at the end. Each
/// reader has its own file handle, so several may read at once, also while the file is being removed.
/// </summary>
public sealed class SnapshotReader : IDisposable
{
    private readonly IDiskFile _file;
    private readonly byte[] _chunk;
    private long _position;
    private uint _chain;
    private uint _bodyChecksum;
    private bool _ended;

    /// <param name="expected">The place that the file's name promises; null for any.</param>
    /// <param name="identity">Whose it must be; null for anybody's.</param>
    internal SnapshotReader(IDiskFile file, LogPosition? expected, MemberIdentity? identity)
    {
        _file = file;
        _chunk = GC.AllocateUninitializedArray<byte>((int)Math.Min(SnapshotFormat.ChunkBytesMax, file.Length));
        try
        {
            Metadata = ReadHeader(expected, identity);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public SnapshotMetadata Metadata { get; }

    /// <summary>The cluster whose state it is.</summary>
    public ulong ClusterId { get; private set; }

    /// <summary>The member that wrote it.</summary>
    public ulong MemberId { get; private set; }

    /// <summary>Bytes of the body handed out so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>The size of the file, for progress; the body is a little smaller.</summary>
    public long FileBytes => _file.Length;

    /// <summary>
    /// The next part of the body, valid until the next call; false at the end of a snapshot that was found whole.
    /// </summary>
    /// <exception cref="StorageDamagedException">The file is damaged from here on.</exception>
    public bool TryReadChunk(out ReadOnlyMemory<byte> chunk)
    {
        chunk = default;
        if (_ended)
            return false;
        Span<byte> head = stackalloc byte[SnapshotFormat.ChunkHeadSize];
        ReadExactly(head);
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length == 0)
        {
            ReadTrailer(head);
            return false;
        }

        if (length < 0 || length > _chunk.Length)
            throw Damaged($"a chunk has the impossible length {length}.");
        Span<byte> body = _chunk.AsSpan(0, length);
        ReadExactly(body);
        _chain = Crc32C.Append(Crc32C.Append(_chain, head[..4]), body);
        if (_chain != BinaryPrimitives.ReadUInt32LittleEndian(head[4..]))
            throw Damaged("the checksum of the chunk that ends here is wrong.");
        _bodyChecksum = Crc32C.Append(_bodyChecksum, body);
        BodyBytes += length;
        chunk = _chunk.AsMemory(0, length);
        return true;
    }

    public void Dispose() => _file.Dispose();

    private SnapshotMetadata ReadHeader(LogPosition? expected, MemberIdentity? identity)
    {
        Span<byte> prelude = stackalloc byte[SnapshotFormat.PreludeSize];
        ReadExactly(prelude);
        if (SnapshotFormat.ReadPrelude(prelude, out int rest) is { } problem)
            throw Damaged(problem);
        var header = new byte[SnapshotFormat.PreludeSize + rest];
        prelude.CopyTo(header);
        ReadExactly(header.AsSpan(SnapshotFormat.PreludeSize));
        _chain = Crc32C.Compute(header.AsSpan(0, header.Length - 4));
        if (_chain != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(header.Length - 4)))
            throw Damaged("the checksum of the header is wrong.");
        SnapshotMetadata metadata = SnapshotFormat.ReadHeader(header, out ulong clusterId, out ulong memberId);
        (ClusterId, MemberId) = (clusterId, memberId);
        if (identity is not null && (clusterId != identity.ClusterId || memberId != identity.MemberId))
            throw new StorageMismatchException(
                $"'{_file.Path}' belongs to member {memberId:x} of cluster {clusterId:x}, but this is member " +
                $"{identity.MemberId:x} of cluster {identity.ClusterId:x}. Give every member a data directory of its own.");
        if (expected is { } position && (metadata.Index != position.Index || metadata.Term != position.Term))
            throw Damaged($"the header says index {metadata.Index}, term {metadata.Term}; was the file renamed?");
        return metadata;
    }

    private void ReadTrailer(ReadOnlySpan<byte> head)
    {
        Span<byte> trailer = stackalloc byte[SnapshotFormat.TrailerSize];
        head.CopyTo(trailer);
        ReadExactly(trailer[head.Length..]);
        if (Crc32C.Append(_chain, trailer[..16]) != BinaryPrimitives.ReadUInt32LittleEndian(trailer[16..]) ||
            BinaryPrimitives.ReadInt64LittleEndian(trailer[4..]) != BodyBytes ||
            BinaryPrimitives.ReadUInt32LittleEndian(trailer[12..]) != _bodyChecksum)
            throw Damaged("the trailer does not match what came before it.");
        if (_file.Length != _position)
            throw Damaged("the file goes on after the trailer.");
        _ended = true;
    }

    private void ReadExactly(Span<byte> bytes)
    {
        int count = _file.Read(bytes, _position);
        _position += count;
        if (count < bytes.Length)
            throw Damaged("the file ends in the middle of the snapshot.");
    }

    private StorageDamagedException Damaged(string found) => new(_file.Path, _position, found);
}
