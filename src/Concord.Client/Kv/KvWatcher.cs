using Concord.Client.Connection;
using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>One watch over as many streams as it takes: knows the next revision, reconnects, lists anew after compaction.</summary>
internal sealed class KvWatcher(
    Etcd.Watch.WatchClient watch,
    KvClient kv,
    KeyRange range,
    WatchOptions options,
    ConcordClientOptions clientOptions,
    TokenSource? tokens) : IDisposable
{
    /// <summary>Events of an answer that the server sent in parts; a revision is reported whole or not at all.</summary>
    private readonly List<Etcd.Event> _parts = [];
    private AsyncDuplexStreamingCall<Etcd.WatchRequest, Etcd.WatchResponse>? _stream;
    private long _nextRevision = options.StartRevision;
    private int _failures;
    private int _token;
    private TimeSpan _delay;

    public void Dispose() => _stream?.Dispose();

    /// <summary>Waits for the next answer; may be empty. Throws when cancelled or when the server refuses the watch.</summary>
    public async Task<IReadOnlyList<KvWatchEvent>> NextAsync(CancellationToken cancellationToken)
    {
        if (_delay > TimeSpan.Zero)
        {
            await Task.Delay(_delay, clientOptions.TimeProvider, cancellationToken).ConfigureAwait(false);
            _delay = TimeSpan.Zero;
        }

        try
        {
            _stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
            return await _stream.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false)
                ? await ReceiveAsync(_stream.ResponseStream.Current, cancellationToken).ConfigureAwait(false)
                : [Interrupt(new ConcordUnavailableException("The server ended the watch stream."))];
        }
        catch (ConcordException exception) when (exception.IsTransient || (tokens is not null && exception is ConcordServerException { IsTokenRefusal: true }))
        {
            return [Interrupt(exception)];
        }
    }

    private async Task<AsyncDuplexStreamingCall<Etcd.WatchRequest, Etcd.WatchResponse>> OpenAsync(
        CancellationToken cancellationToken)
    {
        _token = tokens?.Version ?? 0;
        var stream = watch.Watch(cancellationToken: cancellationToken);
        var create = new Etcd.WatchCreateRequest
        {
            Key = range.Start.ToByteString(),
            RangeEnd = range.End.ToByteString(),
            StartRevision = _nextRevision,
            PrevKv = options.WithPrevious,
            ProgressNotify = true,
            Fragment = true,
        };
        try
        {
            await stream.RequestStream.WriteAsync(new() { CreateRequest = create }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The stream is broken already; the read that follows tells why, in the client's own exceptions.
        }

        return stream;
    }

    private async Task<IReadOnlyList<KvWatchEvent>> ReceiveAsync(
        Etcd.WatchResponse response,
        CancellationToken cancellationToken)
    {
        if (response.Canceled && tokens is not null && TokenSource.IsRefusal(response.CancelReason))
        {
            // The token has run out, or its user's password was changed: with a new one the watch goes on where it was.
            tokens.Invalidate(_token);
            return [Interrupt(CallErrors.From(new Protocol.V1.ErrorDetail { Code = "token_refused", Message = response.CancelReason }))];
        }

        _failures = 0;
        if (response.CompactRevision > 0)
            return [await RelistAsync(response.CompactRevision, cancellationToken).ConfigureAwait(false)];

        if (response.Canceled)
        {
            throw CallErrors.From(new Protocol.V1.ErrorDetail
            {
                Code = "watch_refused",
                Message = response.CancelReason.Length > 0 ? response.CancelReason : "The server cancelled the watch.",
            });
        }


        _parts.AddRange(response.Events);
        if (response.Fragment)
            return [];

        if (_parts.Count == 0)
        {
            // A watch from now on learns from "created" what now is. A progress answer says that everything up to its
            // revision has been sent; "created" does not: history may follow it.
            if (_nextRevision == 0 || !response.Created)
                _nextRevision = Math.Max(_nextRevision, response.Header.Revision + 1);
            return [];
        }

        KvWatchEvent[] events = [.. _parts.GroupBy(part => part.Kv.ModRevision).Select(ToEvent)];
        _nextRevision = _parts[^1].Kv.ModRevision + 1;
        _parts.Clear();
        return events;
    }

    private async Task<KvWatchEvent.Relisted> RelistAsync(long compacted, CancellationToken cancellationToken)
    {
        Close();
        var (revision, pairs) = await kv.ListAsync(range, cancellationToken).ConfigureAwait(false);
        _nextRevision = revision + 1;
        return new(compacted, revision, pairs);
    }

    private KvWatchEvent.Interrupted Interrupt(ConcordException reason)
    {
        Close();
        // Full jitter: a uniform share of a bound that doubles, so that many watchers do not come back at once.
        var bound = clientOptions.BackoffMin * Math.Pow(2, Math.Min(_failures++, 30));
        _delay = Random.Shared.NextDouble() * (bound < clientOptions.BackoffMax ? bound : clientOptions.BackoffMax);
        return new(reason, _delay);
    }

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
        _parts.Clear();
    }

    private static KvWatchEvent.Changed ToEvent(IGrouping<long, Etcd.Event> revision) =>
        new(revision.Key, [.. revision.Select(change => new KvChange
        {
            Deleted = change.Type == Etcd.Event.Types.EventType.Delete,
            Key = KvBytes.From(change.Kv.Key),
            Current = change.Type == Etcd.Event.Types.EventType.Delete ? null : KeyValue.From(change.Kv),
            Previous = change.PrevKv is { } previous ? KeyValue.From(previous) : null,
        })]);
}
