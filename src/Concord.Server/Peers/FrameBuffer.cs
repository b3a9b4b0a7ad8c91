using System.Buffers;
using System.Buffers.Binary;
using Concord.Storage;

namespace Concord.Server.Peers;

/// <summary>
/// Frames for one write to a connection. A frame is u32 length of the payload, u32 CRC-32C of the payload (both
/// little-endian), payload. TCP's own checksum misses one damaged packet in some ten million; the log must not.
/// </summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    public const int HeaderBytes = 8;

    /// <summary>
    /// One message of the largest kind: a full AppendEntries is 1 MiB and one entry, snapshot chunks are smaller. A bound for
    /// what a damaged length can make a receiver allocate.
    /// </summary>
    public const int PayloadBytesMax = 24 << 20;

    /// <summary>A buffer that grew beyond this for a burst is given back.</summary>
    private const int KeptBytes = 1 << 20;

    private byte[] _bytes = new byte[16 << 10];
    private int _frameStart = -1;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Begin()
    {
        _frameStart = Length;
        GetSpan(HeaderBytes);
        Length += HeaderBytes;
    }

    public void End()
    {
        var payload = _bytes.AsSpan(_frameStart + HeaderBytes, Length - _frameStart - HeaderBytes);
        if (payload.Length > PayloadBytesMax)
        {
            throw new InvalidOperationException($"a message of {payload.Length} bytes exceeds the limit of {PayloadBytesMax}");
        }

        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_frameStart), payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_frameStart + sizeof(int)), Crc32C.Compute(payload));
        _frameStart = -1;
    }

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptBytes)
        {
            _bytes = new byte[16 << 10];
        }
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    private void Reserve(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, checked(2 * _bytes.Length)));
        }
    }
}
