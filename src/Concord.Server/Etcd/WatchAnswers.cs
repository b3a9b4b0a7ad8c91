using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;
using Google.Protobuf;

namespace Concord.Server.Etcd;

/// <summary>Events of a watch in etcd's messages.</summary>
internal static class WatchAnswers
{
    public static WatchResponse ToAnswer(ResponseHeader header, WatchNotice.Events events, bool previousPairs)
    {
        var answer = new WatchResponse { Header = header, WatchId = events.WatchId };
        answer.Events.Capacity = events.Changes.Count;
        foreach (var change in events.Changes)
        {
            answer.Events.Add(ToEvent(change, previousPairs ? events.View.Before(change) : null));
        }

        return answer;
    }

    /// <summary>A delete carries the key and its revision, nothing else.</summary>
    private static Event ToEvent(KeyVersion change, KeyVersion? previous) => new()
    {
        Type = change.IsTombstone ? Event.Types.EventType.Delete : Event.Types.EventType.Put,
        Kv = change.IsTombstone
            ? new KeyValue { Key = UnsafeByteOperations.UnsafeWrap(change.Key), ModRevision = change.ModRevision }
            : EtcdAnswers.ToPair(change),
        PrevKv = previous is null || previous.IsTombstone ? null : EtcdAnswers.ToPair(previous),
    };

    /// <summary>
    /// Cuts an answer of <paramref name="bytesMax"/> or more between its events; all pieces but the last say that more
    /// follows. A single event is never cut.
    /// </summary>
    public static IEnumerable<WatchResponse> Split(WatchResponse answer, int bytesMax)
    {
        if (answer.Events.Count < 2 || answer.CalculateSize() < bytesMax)
        {
            yield return answer;
            yield break;
        }

        var piece = EmptyPiece(answer);
        var bytes = piece.CalculateSize();
        foreach (var item in answer.Events)
        {
            var itemBytes = FieldBytes(item);
            if (piece.Events.Count > 0 && bytes + itemBytes >= bytesMax)
            {
                yield return piece;
                piece = EmptyPiece(answer);
                bytes = piece.CalculateSize();
            }

            piece.Events.Add(item);
            bytes += itemBytes;
        }

        piece.Fragment = false;
        yield return piece;
    }

    private static WatchResponse EmptyPiece(WatchResponse answer) =>
        new() { Header = answer.Header, WatchId = answer.WatchId, Fragment = true };

    private static int FieldBytes(Event item)
    {
        var size = item.CalculateSize();
        return CodedOutputStream.ComputeTagSize(WatchResponse.EventsFieldNumber) + CodedOutputStream.ComputeLengthSize(size) + size;
    }
}
