using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// Writes one snapshot under a temporary name, from this member's own state or from what another member sends. It becomes
/// real with <see cref="Commit"/>; disposed before that, it leaves nothing. It may be used beside the log, on another
/// thread; how fast it goes is up to whoever feeds it.
/// </summary>
public sealed class SnapshotWriter : IDisposable
{
    /// <summary>
    /// Bytes between flushes. Spread out, so that a flush of the log, which some file systems make wait for all dirty
    /// bytes of the device, never waits for a whole snapshot.
    /// </summary>
    private const int FlushBytes = 8 << 20;

    private readonly IDisk _disk;
    private readonly IDiskFile _file;
    private readonly string _directory;
    private readonly string _finalPath;
    private readonly byte[] _chunk = GC.AllocateUninitializedArray<byte>(SnapshotFormat.ChunkHeadSize + SnapshotFormat.ChunkBytesMax);
    private int _filled;
    private long _position;
    private long _unflushed;
    private uint _chain;
    private bool _committed;

    /// <param name="directory">Where both paths are.</param>
    internal SnapshotWriter(
        IDisk disk, string directory, string temporaryPath, string finalPath, SnapshotMetadata metadata, MemberIdentity identity)
    {
        byte[] header = SnapshotFormat.WriteHeader(metadata, identity);
        _disk = disk;
        _directory = directory;
        _finalPath = finalPath;
        Position = new(metadata.Index, metadata.Term);
        _file = disk.Create(temporaryPath);
        try
        {
            _file.Write(header, 0);
        }
        catch (DiskException)
        {
            Dispose();
            throw;
        }

        _position = header.Length;
        _chain = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(header.Length - 4));
    }

    /// <summary>Its place in the log.</summary>
    public LogPosition Position { get; }

    /// <summary>Bytes of the body so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>CRC-32C of the body so far, equal on every member however the body was cut for writing.</summary>
    public uint BodyChecksum { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        BodyBytes += bytes.Length;
        BodyChecksum = Crc32C.Append(BodyChecksum, bytes);
        while (bytes.Length > 0)
        {
            int count = Math.Min(bytes.Length, SnapshotFormat.ChunkBytesMax - _filled);
            bytes[..count].CopyTo(_chunk.AsSpan(SnapshotFormat.ChunkHeadSize + _filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == SnapshotFormat.ChunkBytesMax)
                WriteChunk();
        }
    }

    /// <summary>Makes the snapshot durable and gives it its name. Returns its place in the log.</summary>
    public LogPosition Commit()
    {
        ObjectDisposedException.ThrowIf(_committed, this);
        if (_filled > 0)
            WriteChunk();
        WriteTrailer();
        _file.Flush();
        _disk.Rename(_file.Path, _finalPath);
        _committed = true;
        _disk.FlushDirectory(_directory);
        return Position;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_committed && _disk.Exists(_file.Path))
            _disk.Delete(_file.Path);
    }

    private void WriteChunk()
    {
        Span<byte> chunk = _chunk.AsSpan(0, SnapshotFormat.ChunkHeadSize + _filled);
        BinaryPrimitives.WriteInt32LittleEndian(chunk, _filled);
        _chain = Crc32C.Append(Crc32C.Append(_chain, chunk[..4]), chunk[SnapshotFormat.ChunkHeadSize..]);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[4..], _chain);
        _file.Write(chunk, _position);
        _position += chunk.Length;
        _unflushed += chunk.Length;
        _filled = 0;
        if (_unflushed >= FlushBytes)
        {
            _file.Flush();
            _unflushed = 0;
        }
    }

    private void WriteTrailer()
    {
        Span<byte> trailer = stackalloc byte[SnapshotFormat.TrailerSize];
        BinaryPrimitives.WriteInt32LittleEndian(trailer, 0);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[4..], BodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[12..], BodyChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[16..], Crc32C.Append(_chain, trailer[..16]));
        _file.Write(trailer, _position);
    }
}
