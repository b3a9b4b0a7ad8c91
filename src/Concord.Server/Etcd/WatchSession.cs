using System.Collections.Concurrent;
using System.IO.Pipelines;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Concord.Server.Auth;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>
/// One watch stream of one client. Requests are read and answers written independently; all answers go out in the order
/// of the <see cref="WatchStream"/>, so that no event passes its "created" and progress never passes an event.
/// </summary>
/// <remarks>
/// Who the client is, is found out when it asks for a watch. Its rights are looked at again whenever rights have changed, and before
/// any event of a later state is written; a watch that is not allowed any more ends with the refusal as its reason.
/// </remarks>
internal sealed class WatchSession(
    EtcdStore store, PipeWriter body, Func<ValueTask<(Caller? Caller, AuthRefusal Refusal)>> identify) : IDisposable
{
    /// <summary>Notices taken from the stream at once: more would only keep other streams waiting.</summary>
    private const int NoticesMax = 512;

    private static readonly byte[] FirstKey = [0];

    private readonly WatchStream _stream = store.Replica.Watches.OpenStream();

    /// <summary>Those whose events may not be written any more, and why; until the end of each was told.</summary>
    private readonly ConcurrentDictionary<long, string> _revoked = [];

    /// <summary>The watches that were created, for looking at them again.</summary>
    private readonly ConcurrentDictionary<long, WatchGrant> _grants = [];

    private readonly WatchOutput _output = new(body);
    private Caller? _caller;
    private long _nextWatchId;
    private volatile bool _hasRevoked;

    /// <summary>Runs until the client goes away or <paramref name="ending"/> is cancelled.</summary>
    public async Task RunAsync(IAsyncStreamReader<WatchRequest> input, CancellationTokenSource ending)
    {
        var reading = ReadRequestsAsync(input, ending.Token);
        var writing = WriteAnswersAsync(ending.Token);
        var checking = CheckAgainAsync(ending.Token);
        try
        {
            await await Task.WhenAny(reading, writing, checking).ConfigureAwait(false);
            // The client has closed its half; what it watches goes on until it leaves.
            await await Task.WhenAny(writing, checking).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            // What ended the session is already thrown; the other half ends by the cancellation.
            await Task.WhenAll(reading, writing, checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
                    await CreateAsync(request.CreateRequest, cancellation).ConfigureAwait(false);
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

    private async ValueTask CreateAsync(WatchCreateRequest request, CancellationToken cancellation)
    {
        var start = request.Key.IsEmpty ? FirstKey : request.Key.Memory;
        var range = new KeyRange(start, request.RangeEnd.Memory);
        if (await RefusalAsync(range, cancellation).ConfigureAwait(false) is { } refusal)
        {
            _stream.Refuse(EtcdErrors.AsReason(refusal));
            return;
        }

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

        var grant = new WatchGrant(_caller, range, request.PrevKv, request.Fragment);
        var options = new WatchOptions(
            range,
            request.StartRevision,
            request.ProgressNotify,
            NoPut: request.Filters.Contains(WatchCreateRequest.Types.FilterType.Noput),
            NoDelete: request.Filters.Contains(WatchCreateRequest.Types.FilterType.Nodelete))
        {
            State = grant,
        };
        if (Create(options, request.WatchId) is not { } watchId)
        {
            _stream.Refuse(EtcdErrors.DuplicateWatchIdText);
            return;
        }

        _grants[watchId] = grant;

        // The rights may have changed before it was in the list.
        IsAllowed(watchId, grant, store.Replica.View);
    }

    /// <summary>Why the client may not watch a range, or null.</summary>
    private async ValueTask<RpcException?> RefusalAsync(KeyRange range, CancellationToken cancellation)
    {
        var read = new RangeOperation(range);
        if (store.Replica.View.CheckAccess(_caller, read) == StoreError.None)
        {
            return null;
        }

        try
        {
            if (_caller is null)
            {
                (_caller, var refusal) = await identify().ConfigureAwait(false);
                if (_caller is null)
                {
                    return EtcdErrors.From(refusal);
                }
            }

            await store.RequireAsync(view => view.CheckAccess(_caller, read), cancellation).ConfigureAwait(false);
            return null;
        }
        catch (RpcException error)
        {
            return error;
        }
    }

    private long? Create(WatchOptions options, long watchId)
    {
        if (watchId != 0)
        {
            return _stream.Create(options, watchId);
        }

        // Chosen numbers only grow: a client that still gets events of a watch it has ended must not take them for those
        // of a new one.
        while (_stream.Create(options, _nextWatchId++) is null)
        {
        }

        return _nextWatchId - 1;
    }

    /// <summary>Ends what is not allowed any more, also where nothing happens that would bring it up.</summary>
    private async Task CheckAgainAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var change = store.Replica.AuthChange;
            var view = store.Replica.View;
            foreach (var (watchId, grant) in _grants)
            {
                IsAllowed(watchId, grant, view);
            }

            await change.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether events may be written in a state; if not, the watch is ended.</summary>
    private bool IsAllowed(long watchId, WatchGrant grant, KeySpaceView view)
    {
        if (_hasRevoked && _revoked.ContainsKey(watchId))
        {
            return false;
        }

        var error = grant.Check(view);
        if (error == StoreError.None)
        {
            return true;
        }

        _hasRevoked = true;
        if (_revoked.TryAdd(watchId, EtcdErrors.AsReason(EtcdErrors.From(error))) && !_stream.Cancel(watchId))
        {
            // It ended by itself at the same moment.
            _revoked.TryRemove(watchId, out _);
            _grants.TryRemove(new(watchId, grant));
        }

        return false;
    }

    private async Task WriteAnswersAsync(CancellationToken cancellation)
    {
        var notices = new List<WatchNotice>();
        try
        {
            while (true)
            {
                notices.Add(await _stream.ReadAsync(cancellation).ConfigureAwait(false));
                _stream.TryRead(notices, NoticesMax);
                var header = store.Header(0);
                foreach (var notice in notices)
                {
                    if (header.Revision != notice.Revision)
                    {
                        header = store.Header(notice.Revision);
                    }

                    Add(notice, header);
                    if (_output.IsFull && !await _output.FlushAsync(cancellation).ConfigureAwait(false))
                    {
                        return;
                    }
                }

                notices.Clear();
                if (!await _output.FlushAsync(cancellation).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        finally
        {
            _output.Release();
        }
    }

    private void Add(WatchNotice notice, ResponseHeader header)
    {
        switch (notice)
        {
            case WatchNotice.Events events:
                AddEvents(events, header);
                break;
            case WatchNotice.Created:
                _output.Add(new WatchResponse { Header = header, WatchId = notice.WatchId, Created = true });
                break;
            case WatchNotice.Refused refused:
                _output.Add(new WatchResponse { Header = header, WatchId = notice.WatchId, Created = true, Canceled = true, CancelReason = refused.Reason });
                break;
            case WatchNotice.Progress:
                _output.Add(new WatchResponse { Header = header, WatchId = notice.WatchId });
                break;
            case WatchNotice.Canceled canceled:
                _output.Add(Cancellation(canceled));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(notice), notice, "A notice has no answer in the etcd API.");
        }
    }

    private void AddEvents(WatchNotice.Events events, ResponseHeader header)
    {
        var grant = (WatchGrant)events.State!;
        if (!IsAllowed(events.WatchId, grant, store.Replica.View))
        {
            return;
        }

        if (!grant.Fragments)
        {
            _output.Add(header, events, grant.PreviousPairs);
            return;
        }

        foreach (var fragment in WatchAnswers.Split(WatchAnswers.ToAnswer(header, events, grant.PreviousPairs), store.Limits.FragmentBytesMax))
        {
            _output.Add(fragment);
        }
    }

    /// <summary>A watch that compaction overtook ends with the revision to go on from, and no revision of its own.</summary>
    private WatchResponse Cancellation(WatchNotice.Canceled canceled)
    {
        _grants.TryRemove(canceled.WatchId, out _);
        _revoked.TryRemove(canceled.WatchId, out var reason);
        return new()
        {
            Header = store.Header(canceled.CompactedRevision == 0 ? canceled.Revision : 0),
            WatchId = canceled.WatchId,
            Canceled = true,
            CompactRevision = canceled.CompactedRevision,
            CancelReason = reason ?? "",
        };
    }
}
