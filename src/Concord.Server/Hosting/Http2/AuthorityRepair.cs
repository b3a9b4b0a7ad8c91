using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Concord.Server.Hosting.Http2;

/// <summary>
/// The bytes of an HTTP/2 client on their way to Kestrel, with authorities that Kestrel would refuse made harmless.
/// </summary>
/// <remarks>
/// etcd's own clients put whatever their resolver holds into <c>:authority</c>: <c>http://127.0.0.1:2379</c>, or
/// <c>#initially=[127.0.0.1:2379]</c>. Go's server takes it; Kestrel resets the stream and has no switch for that. So the
/// frames are looked at until the first request. If its authority is a host name, as nearly always, the rest of the
/// connection passes by untouched and unread. Otherwise all header blocks of the connection are repaired in place.
/// </remarks>
internal sealed class AuthorityRepair(PipeReader input) : PipeReader
{
    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte HeadersFrame = 1;
    private const byte PaddedFlag = 8;
    private const byte PriorityFlag = 32;
    private const int PriorityBytes = 5;

    private bool _hasRepaired;
    private bool _isDone;

    /// <summary>Bytes that need no look before the next frame begins.</summary>
    private long _skip = PrefaceBytes;

    /// <summary>Bytes at the front of the unconsumed input that were looked at.</summary>
    private long _seen;

    private ReadOnlySequence<byte> _buffer;
    private SequencePosition _shownEnd;

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result))
        {
            return false;
        }

        result = Show(result);
        if (!result.Buffer.IsEmpty || result.IsCompleted || result.IsCanceled)
        {
            return true;
        }

        // What is there is the beginning of a frame that must be seen whole.
        AdvanceTo(result.Buffer.Start, result.Buffer.End);
        return false;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _isDone && _seen == 0 ? input.ReadAsync(cancellationToken) : ReadAndShowAsync(cancellationToken);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_isDone && _seen == 0)
        {
            input.AdvanceTo(consumed, examined);
            return;
        }

        // Whoever has examined all that was shown waits for more than what is held back.
        var isAllExamined = examined.Equals(_shownEnd);
        _seen -= _buffer.Slice(0, consumed).Length;
        input.AdvanceTo(consumed, isAllExamined ? _buffer.End : examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    private async ValueTask<ReadResult> ReadAndShowAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var result = Show(await input.ReadAsync(cancellation));
            if (!result.Buffer.IsEmpty || result.IsCompleted || result.IsCanceled)
            {
                return result;
            }

            AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private ReadResult Show(ReadResult result)
    {
        if (_isDone && _seen == 0)
        {
            return result;
        }

        _buffer = result.Buffer;
        // What is left at the end of the connection is nothing whole any more.
        _seen = result.IsCompleted ? _buffer.Length : Look(_buffer);
        var shown = _buffer.Slice(0, _seen);
        _shownEnd = shown.End;
        return new(shown, result.IsCanceled, result.IsCompleted);
    }

    /// <summary>Looks at the frames that are there; returns how many bytes of the buffer may be shown.</summary>
    private long Look(ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[FrameHeaderBytes];
        var position = _seen;
        while (!_isDone && position < buffer.Length)
        {
            var here = Math.Min(_skip, buffer.Length - position);
            position += here;
            _skip -= here;
            if (buffer.Length - position < FrameHeaderBytes)
            {
                // A piece of a frame's header is held back, for nothing can be said of it.
                return position;
            }

            buffer.Slice(position, FrameHeaderBytes).CopyTo(header);
            var length = BinaryPrimitives.ReadInt32BigEndian(header) >>> 8;
            if (header[3] != HeadersFrame)
            {
                position += FrameHeaderBytes;
                _skip = length;
                continue;
            }

            if (buffer.Length - position < FrameHeaderBytes + length)
            {
                return position;
            }

            OnHeaders(buffer.Slice(position + FrameHeaderBytes, length), header[4]);
            position += FrameHeaderBytes + length;
        }

        return _isDone ? buffer.Length : position;
    }

    private void OnHeaders(ReadOnlySequence<byte> payload, byte flags)
    {
        var frame = payload.ToArray();
        var start = ((flags & PaddedFlag) != 0 ? 1 : 0) + ((flags & PriorityFlag) != 0 ? PriorityBytes : 0);
        var padding = (flags & PaddedFlag) != 0 && frame.Length > 0 ? frame[0] : 0;
        if (start + padding <= frame.Length && AuthorityField.Repair(frame.AsSpan(start..^padding)))
        {
            _hasRepaired = true;
            var position = 0;
            foreach (var segment in payload)
            {
                frame.AsSpan(position, segment.Length).CopyTo(MemoryMarshal.AsMemory(segment).Span);
                position += segment.Length;
            }
        }

        _isDone = !_hasRepaired;
    }
}
