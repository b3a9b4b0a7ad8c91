using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>
/// One watch stream of one client. Requests are read and answers written independently; all answers go out in the order
/// of the <see cref="WatchStream"/>, so that no event passes its "created" and progress never passes an event.
/// </summary>
internal sealed class WatchSession(EtcdStore store, IServerStreamWriter<WatchResponse> output) : IDisposable
{
    private static readonly byte[] FirstKey = [0];
    private static readonly WriteOptions Buffered = new(WriteFlags.BufferHint);

    private readonly WatchStream _stream = store.Replica.Watches.OpenStream();

    private long _nextWatchId;

    /// <summary>What of a request matters only to how events are written.</summary>
    private sealed record EventForm(bool PreviousPairs, bool Fragments)
    {
        public static EventForm Of(WatchCreateRequest request) => Forms[(request.PrevKv ? 1 : 0) + (request.Fragment ? 2 : 0)];

        private static readonly EventForm[] Forms = [new(false, false), new(true, false), new(false, true), new(true, true)];
    }

    /// <summary>Runs until the client goes away or <paramref name="ending"/> is cancelled.</summary>
    public async Task RunAsync(IAsyncStreamReader<WatchRequest> input, CancellationTokenSource ending)
    {
        var reading = ReadRequestsAsync(input, ending.Token);
        var writing = WriteAnswersAsync(ending.Token);
        try
        {
            await await Task.WhenAny(reading, writing).ConfigureAwait(false);
            // The client has closed its half; what it watches goes on until it leaves.
            await writing.ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            // What ended the session is already thrown; the other half ends by the cancellation.
            await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task ReadRequestsAsync(IAsyncStreamReader<WatchRequest> input, CancellationToken cancellation)
    {
        while (await input.MoveNext(cancellation).ConfigureAwait(false))
        {
            // The answers to requests are queued whatever the reader does, so a client that asks but does not read waits.
            await _stream.WaitForRoomAsync(cancellation).ConfigureAwait(false);
            var request = input.Current;
            switch (request.RequestUnionCase)
            {
                case WatchRequest.RequestUnionOneofCase.CreateRequest:
                    Create(request.CreateRequest);
                    break;
                case WatchRequest.RequestUnionOneofCase.CancelRequest:
                    // A watch that is not there is ignored, as etcd does: its end may just be on the way.
                    _stream.Cancel(request.CancelRequest.WatchId);
                    break;
                case WatchRequest.RequestUnionOneofCase.ProgressRequest:
                    _stream.RequestProgress();
                    break;
                default:
                    // A kind of request that this version does not know changes nothing.
                    break;
            }
        }
    }

    private void Create(WatchCreateRequest request)
    {
        var start = request.Key.IsEmpty ? FirstKey : request.Key.Memory;
        var range = new KeyRange(start, request.RangeEnd.Memory);
        if (range.IsEmpty)
        {
            _stream.Refuse(EtcdErrors.EmptyWatchRangeText);
            return;
        }

        if (request.StartRevision < 0)
        {
            _stream.Refuse(EtcdErrors.CompactedText);
            return;
        }

        var options = new WatchOptions(
            range,
            request.StartRevision,
            request.ProgressNotify,
            NoPut: request.Filters.Contains(WatchCreateRequest.Types.FilterType.Noput),
            NoDelete: request.Filters.Contains(WatchCreateRequest.Types.FilterType.Nodelete))
        {
            State = EventForm.Of(request),
        };
        if (!Create(options, request.WatchId))
        {
            _stream.Refuse(EtcdErrors.DuplicateWatchIdText);
        }
    }

    private bool Create(WatchOptions options, long watchId)
    {
        if (watchId != 0)
        {
            return _stream.Create(options, watchId) is not null;
        }

        // Chosen numbers only grow: a client that still gets events of a watch it has ended must not take them for those
        // of a new one.
        while (_stream.Create(options, _nextWatchId++) is null)
        {
        }

        return true;
    }

    private async Task WriteAnswersAsync(CancellationToken cancellation)
    {
        var next = _stream.ReadAsync(cancellation);
        while (true)
        {
            var notice = await next.ConfigureAwait(false);
            next = _stream.ReadAsync(cancellation);
            // While more is ready, answers gather in the buffer and leave in one write to the socket.
            output.WriteOptions = next.IsCompleted ? Buffered : null;
            await WriteAsync(notice, cancellation).ConfigureAwait(false);
        }
    }

    private Task WriteAsync(WatchNotice notice, CancellationToken cancellation)
    {
        switch (notice)
        {
            case WatchNotice.Created:
                return output.WriteAsync(Answer(notice, created: true), cancellation);
            case WatchNotice.Refused refused:
                var answer = Answer(notice, created: true);
                answer.Canceled = true;
                answer.CancelReason = refused.Reason;
                return output.WriteAsync(answer, cancellation);
            case WatchNotice.Events events:
                return WriteEventsAsync(events, cancellation);
            case WatchNotice.Progress:
                return output.WriteAsync(Answer(notice), cancellation);
            case WatchNotice.Canceled canceled:
                return output.WriteAsync(Cancellation(canceled), cancellation);
            default:
                throw new ArgumentOutOfRangeException(nameof(notice), notice, "A notice has no answer in the etcd API.");
        }
    }

    private Task WriteEventsAsync(WatchNotice.Events events, CancellationToken cancellation)
    {
        var form = (EventForm)events.State!;
        var answer = Answer(events);
        var changes = events.Changes;
        answer.Events.Capacity = changes.Count;
        for (var i = 0; i < changes.Count; i++)
        {
            var change = changes[i];
            var previous = form.PreviousPairs ? events.View.Before(change) : null;
            answer.Events.Add(WatchAnswers.ToEvent(change, previous));
        }

        return form.Fragments ? WriteFragmentsAsync(answer, cancellation) : output.WriteAsync(answer, cancellation);
    }

    private async Task WriteFragmentsAsync(WatchResponse answer, CancellationToken cancellation)
    {
        foreach (var fragment in WatchAnswers.Split(answer, store.Limits.FragmentBytesMax))
        {
            await output.WriteAsync(fragment, cancellation).ConfigureAwait(false);
        }
    }

    private WatchResponse Answer(WatchNotice notice, bool created = false) =>
        new() { Header = store.Header(notice.Revision), WatchId = notice.WatchId, Created = created };

    /// <summary>A watch that compaction overtook ends with the revision to go on from, and no revision of its own.</summary>
    private WatchResponse Cancellation(WatchNotice.Canceled canceled) => new()
    {
        Header = store.Header(canceled.CompactedRevision == 0 ? canceled.Revision : 0),
        WatchId = canceled.WatchId,
        Canceled = true,
        CompactRevision = canceled.CompactedRevision,
    };
}
