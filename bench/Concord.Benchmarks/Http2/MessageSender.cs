using Google.Protobuf;

namespace Concord.Benchmarks.Http2;

/// <summary>Sends messages as far as the server's windows allow and keeps the rest, in order. Not synchronised.</summary>
internal sealed class MessageSender(FrameBuffer output)
{
    private readonly LinkedList<(GrpcCall Call, int StreamId, ReadOnlyMemory<byte> Left, FrameFlags Flags)> _waiting = [];

    /// <summary>What the connection may still carry.</summary>
    public int Window { get; set; } = 65535;

    /// <summary>What a new stream may carry.</summary>
    public int StreamWindow { get; set; } = 65535;

    public void Send(GrpcCall call, IMessage message, FrameFlags flags)
    {
        var length = FrameBuffer.MessageBytes(message);
        if (_waiting.Count == 0 && length <= Math.Min(FrameBuffer.PayloadBytesMax, Math.Min(Window, call.SendWindow)))
        {
            output.WriteMessage(call.StreamId, message, length, flags);
            Use(call, length);
            return;
        }

        var data = new byte[length];
        FrameBuffer.WriteMessage(data, message);
        _waiting.AddLast((call, call.StreamId, data, flags));
        SendWaiting();
    }

    /// <summary>Goes on with what waits; call it when a window has grown or a call has ended.</summary>
    public void SendWaiting()
    {
        while (_waiting.First is { } first)
        {
            var (call, streamId, left, flags) = first.Value;
            // A call that is over needs nothing more; its object may serve the next call by now.
            while (!call.IsOver && call.StreamId == streamId && left.Length > 0)
            {
                var length = Math.Min(Math.Min(left.Length, FrameBuffer.PayloadBytesMax), Math.Min(Window, call.SendWindow));
                if (length <= 0)
                {
                    first.Value = (call, streamId, left, flags);
                    return;
                }

                output.WriteFrame(FrameType.Data, length == left.Length ? flags : FrameFlags.None, call.StreamId, left.Span[..length]);
                Use(call, length);
                left = left[length..];
            }

            _waiting.RemoveFirst();
        }
    }

    private void Use(GrpcCall call, int length)
    {
        Window -= length;
        call.SendWindow -= length;
    }
}
