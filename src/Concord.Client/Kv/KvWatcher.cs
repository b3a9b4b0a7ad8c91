using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>One watch over as many streams as it takes: knows the next revision, reconnects, lists anew after compaction.</summary>
internal sealed class KvWatcher(
    Etcd.Watch.WatchClient watch,
    KvClient kv,
    KeyRange range,
    WatchOptions options,
    TimeProvider time) : IDisposable
{
    /// <summary>Events of an answer that the server sent in parts; a revision is reported whole or not at all.</summary>
    private readonly List<Etcd.Event> _parts = [];
    private readonly Backoff _backoff = new(time);
    private AsyncDuplexStreamingCall<Etcd.WatchRequest, Etcd.WatchResponse>? _stream;
    private long _nextRevision = options.StartRevision;
    private TimeSpan _delay;

    public void Dispose() => _stream?.Dispose();

    /// <summary>Waits for the next answer; may be empty. Throws when cancelled or when the server refuses the watch.</summary>
    public async Task<IReadOnlyList<KvWatchEvent>> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_delay > TimeSpan.Zero)
            {
                await Task.Delay(_delay, time, cancellationToken).ConfigureAwait(false);
                _delay = TimeSpan.Zero;
            }

            _stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
            if (!await _stream.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the server ended the watch stream"));
            }

            return await ReceiveAsync(_stream.ResponseStream.Current, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            return [Interrupt(Calls.Translate(exception, cancellationToken))];
        }
        catch (ConcordException exception) when (exception.IsTransient)
        {
            return [Interrupt(exception)];
        }
    }

    private async Task<AsyncDuplexStreamingCall<Etcd.WatchRequest, Etcd.WatchResponse>> OpenAsync(
        CancellationToken cancellationToken)
    {
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
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private async Task<IReadOnlyList<KvWatchEvent>> ReceiveAsync(
        Etcd.WatchResponse response,
        CancellationToken cancellationToken)
    {
        _backoff.Reset();
        if (response.CompactRevision > 0)
        {
            return [await RelistAsync(response.CompactRevision, cancellationToken).ConfigureAwait(false)];
        }

        if (response.Canceled)
        {
            throw Calls.Refused(StatusCode.FailedPrecondition, response.CancelReason);
        }

        _parts.AddRange(response.Events);
        if (response.Fragment)
        {
            return [];
        }

        if (_parts.Count == 0)
        {
            // "Created" and progress answers: everything up to the header's revision has been sent. A watch into the
            // future keeps its start.
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
        if (!reason.IsTransient)
        {
            throw reason;
        }

        _delay = _backoff.Next();
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
