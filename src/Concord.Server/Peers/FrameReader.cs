using System.Buffers.Binary;
using Concord.Storage;

namespace Concord.Server.Peers;

/// <summary>What came over the connection is not what was sent, or not meant for this program.</summary>
internal sealed class PeerProtocolException(string message) : IOException(message);

/// <summary>Takes frames from a connection (<see cref="FrameBuffer"/> has the layout), blocking.</summary>
internal sealed class FrameReader(Stream stream)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>A whole frame is here already, so taking it will not wait.</summary>
    public bool HasFrame =>
        _end - _start >= FrameBuffer.HeaderBytes
        && _end - _start - FrameBuffer.HeaderBytes >= BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));

    /// <summary>The payload of the next frame, valid until the next call; false at the end of the connection.</summary>
    /// <exception cref="PeerProtocolException">Damaged, or cut off in the middle.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!Fill(FrameBuffer.HeaderBytes))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        if (length is < 0 or > FrameBuffer.PayloadBytesMax)
        {
            throw new PeerProtocolException($"a frame has the impossible length {length}; does something else talk to the peer port?");
        }

        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start + sizeof(int)));
        if (!Fill(FrameBuffer.HeaderBytes + length))
        {
            throw new PeerProtocolException("the connection ended in the middle of a frame");
        }

        payload = _buffer.AsMemory(_start + FrameBuffer.HeaderBytes, length);
        _start += FrameBuffer.HeaderBytes + length;
        if (Crc32C.Compute(payload.Span) != checksum)
        {
            throw new PeerProtocolException("a frame's checksum is wrong: the network or a machine damages data");
        }

        return true;
    }

    /// <summary>False if the connection ended before the first byte.</summary>
    private bool Fill(int count)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        if (_buffer.Length - _start < count)
        {
            var target = count > _buffer.Length ? new byte[Math.Max(count, 2 * _buffer.Length)] : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _end, _start) = (target, _end - _start, 0);
        }

        while (_end - _start < count)
        {
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                return _end > _start ? throw new PeerProtocolException("the connection ended in the middle of a frame") : false;
            }

            _end += read;
        }

        return true;
    }
}
