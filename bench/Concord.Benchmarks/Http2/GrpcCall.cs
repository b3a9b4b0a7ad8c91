using System.Buffers.Binary;

namespace Concord.Benchmarks.Http2;

/// <summary>One call on a connection. Both callbacks come from the connection's reader, one at a time.</summary>
internal abstract class GrpcCall
{
    private const int PrefixBytes = 5;

    // Only for a message that spans frames.
    private byte[] _partial = [];
    private int _partialLength;

    // The connection's, under its lock.
    internal ReceiveWindow Window;

    internal int StreamId { get; private set; }

    internal int SendWindow { get; set; }

    internal bool IsOver { get; set; }

    protected abstract void OnMessage(ReadOnlySpan<byte> message);

    protected internal abstract void OnEnd(GrpcStatus status);

    internal void Begin(int streamId, int sendWindow)
    {
        StreamId = streamId;
        SendWindow = sendWindow;
        IsOver = false;
        Window = default;
        _partialLength = 0;
    }

    internal void OnData(ReadOnlySpan<byte> data)
    {
        if (_partialLength > 0)
        {
            Keep(data);
            var used = Take(_partial.AsSpan(0, _partialLength));
            _partial.AsSpan(used, _partialLength - used).CopyTo(_partial);
            _partialLength -= used;
            return;
        }

        Keep(data[Take(data)..]);
    }

    private int Take(ReadOnlySpan<byte> data)
    {
        var used = 0;
        while (data.Length - used >= PrefixBytes)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(data[(used + 1)..]);
            if (data.Length - used - PrefixBytes < length)
            {
                break;
            }

            OnMessage(data.Slice(used + PrefixBytes, length));
            used += PrefixBytes + length;
        }

        return used;
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (_partialLength + data.Length > _partial.Length)
        {
            Array.Resize(ref _partial, Math.Max((_partialLength + data.Length) * 2, 1024));
        }

        data.CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += data.Length;
    }
}
