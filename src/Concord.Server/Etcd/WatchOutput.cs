using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting.Grpc;
using Concord.Server.Replica;
using Google.Protobuf;
using static Concord.Server.Etcd.ProtoPairs;

namespace Concord.Server.Etcd;

/// <summary>
/// The answers of one watch stream as they go over the wire: gathered, and written into the response's pipe many at once. Events are
/// written from the versions themselves; what the watches before have already been told is copied from where it lies.
/// </summary>
/// <remarks>
/// The framework still begins and ends the call. It is told nothing of the messages, which are what its own writer would have
/// written: tests compare the bytes with the generated <see cref="WatchResponse"/>.
/// </remarks>
internal sealed class WatchOutput(PipeWriter body)
{
    private const byte HeaderTag = 1 << 3 | 2;
    private const byte WatchIdTag = 2 << 3;
    private const byte EventTag = 11 << 3 | 2;

    private const byte TypeTag = 1 << 3;
    private const byte PairTag = 2 << 3 | 2;
    private const byte PreviousTag = 3 << 3 | 2;

    /// <summary>With so much gathered it leaves: what Kestrel takes in of a response before it lets the writer wait.</summary>
    private const int GatheredBytesMax = 64 << 10;

    /// <summary>Room for an event or two; a busy stream's buffer doubles from there.</summary>
    private const int BufferBytesMin = 1 << 10;

    private byte[] _buffer = [];
    private int _length;
    private (ResponseHeader? Header, int At, int Length) _header;
    private (IReadOnlyList<KeyVersion>? Changes, bool PreviousPairs, int At, int Length) _events;

    /// <summary>Enough is gathered to be flushed.</summary>
    public bool IsFull => _length >= GatheredBytesMax;

    public void Add(WatchResponse answer)
    {
        var size = answer.CalculateSize();
        var span = Message(size);
        answer.WriteTo(span);
        _length += size;
    }

    /// <param name="header">One object for all answers that have the same.</param>
    public void Add(ResponseHeader header, WatchNotice.Events events, bool previousPairs)
    {
        var isSameHeader = ReferenceEquals(_header.Header, header);
        var headerSize = isSameHeader ? _header.Length : FieldSize(header.CalculateSize());
        var isSame = ReferenceEquals(_events.Changes, events.Changes) && _events.PreviousPairs == previousPairs;
        var eventsSize = isSame ? _events.Length : EventsSize(events, previousPairs);
        var span = Message(checked(headerSize + NumberSize(events.WatchId) + eventsSize));
        if (isSameHeader)
        {
            _buffer.AsSpan(_header.At, headerSize).CopyTo(span);
        }
        else
        {
            var at = WriteLength(span, 0, HeaderTag, header.CalculateSize());
            header.WriteTo(span[at..headerSize]);
            _header = (header, _length, headerSize);
        }

        var end = WriteNumber(span, headerSize, WatchIdTag, events.WatchId);
        if (isSame)
        {
            _buffer.AsSpan(_events.At, eventsSize).CopyTo(span[end..]);
        }
        else
        {
            WriteEvents(span[end..], events, previousPairs);
            _events = (events.Changes, previousPairs, _length + end, eventsSize);
        }

        _length += end + eventsSize;
    }

    /// <summary>Hands over what was gathered, and waits while the client takes in less than it is sent.</summary>
    /// <returns>False when the client is gone.</returns>
    public async ValueTask<bool> FlushAsync(CancellationToken cancellation)
    {
        if (_length == 0)
        {
            return true;
        }

        // The buffer goes back before the wait: ten thousand slow clients hold none.
        body.Write(_buffer.AsSpan(0, _length));
        Release();
        var result = await body.FlushAsync(cancellation).ConfigureAwait(false);
        return !result.IsCompleted;
    }

    /// <summary>Gives the buffer back; what was not flushed is gone.</summary>
    public void Release()
    {
        Return(_buffer);
        (_buffer, _length, _header, _events) = ([], 0, default, default);
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int EventsSize(WatchNotice.Events events, bool previousPairs)
    {
        var size = 0;
        for (var i = 0; i < events.Changes.Count; i++)
        {
            size = checked(size + FieldSize(EventSize(events.Changes[i], Previous(events, i, previousPairs))));
        }

        return size;
    }

    private static int EventSize(KeyVersion change, KeyVersion? previous) =>
        NumberSize(change.IsTombstone ? 1 : 0)
        + FieldSize(change.IsTombstone ? TombstoneSize(change) : PairSize(change))
        + (previous is null ? 0 : FieldSize(PairSize(previous)));

    private static void WriteEvents(Span<byte> span, WatchNotice.Events events, bool previousPairs)
    {
        var at = 0;
        for (var i = 0; i < events.Changes.Count; i++)
        {
            var change = events.Changes[i];
            var previous = Previous(events, i, previousPairs);
            at = WriteLength(span, at, EventTag, EventSize(change, previous));
            at = WriteNumber(span, at, TypeTag, change.IsTombstone ? 1 : 0);
            at = change.IsTombstone
                ? WriteTombstone(span, at, PairTag, change, TombstoneSize(change))
                : WritePair(span, at, PairTag, change, keysOnly: false, PairSize(change));
            at = previous is null ? at : WritePair(span, at, PreviousTag, previous, keysOnly: false, PairSize(previous));
        }
    }

    private static KeyVersion? Previous(WatchNotice.Events events, int change, bool previousPairs) =>
        previousPairs && events.View.Before(events.Changes[change]) is { IsTombstone: false } previous ? previous : null;

    /// <summary>Makes room and writes the prefix of a message; what is returned is the room for the message itself.</summary>
    private Span<byte> Message(int size)
    {
        var needed = checked(_length + LeanCall.PrefixBytes + size);
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(2 * _buffer.Length, BufferBytesMin)));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            Return(_buffer);
            _buffer = larger;
        }

        _buffer[_length] = 0;
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_length + 1), size);
        _length += LeanCall.PrefixBytes;
        return _buffer.AsSpan(_length, size);
    }
}
