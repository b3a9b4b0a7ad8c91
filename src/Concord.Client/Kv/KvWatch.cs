using Concord.Client.Connection;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>
/// One watch over as many streams as it takes: the revision it has reached, what its consumer has not read yet. One consumer reads it.
/// </summary>
internal sealed class KvWatch(WatchStream stream, Lock gate, KvClient kv, KeyRange range, WatchOptions options, ConcordClientOptions clientOptions)
    : IDisposable
{
    /// <summary>Revisions, and bytes of keys and values, that wait for a slow consumer. An answer that begins below the limit is taken whole.</summary>
    private const int BufferedRevisionsMax = 1024;
    private const long BufferedBytesMax = 4 << 20;

    private readonly Queue<(KvWatchEvent Event, long Bytes)> _buffer = [];

    /// <summary>Changes of a revision whose rest is still to come; a revision is reported whole or not at all.</summary>
    private readonly List<Etcd.Event> _parts = [];

    private long _bufferedBytes;
    private long _nextRevision = options.StartRevision;
    private long _compactRevision;
    private Exception? _refusal;
    private KvWatchEvent.Interrupted? _interruption;
    private int _listFailures;
    private TimeSpan _delay;
    private TaskCompletionSource? _news;

    /// <summary>Under the gate, as everything with that in its name.</summary>
    public KvWatchState State { get; set; }

    /// <summary>The server's number on the present stream, while open.</summary>
    public long Id { get; private set; }

    public bool IsFull_NeedsGate => _buffer.Count >= BufferedRevisionsMax || _bufferedBytes >= BufferedBytesMax;

    public void Dispose() => stream.Remove(this);

    /// <summary>Waits for the next event. Throws when cancelled or when the server refuses the watch.</summary>
    public async Task<KvWatchEvent> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task news;
            lock (gate)
            {
                if (Take_NeedsGate() is { } next)
                    return next;
                if (State == KvWatchState.Compacted)
                    news = Task.CompletedTask;
                else if (_refusal is not null)
                    throw _refusal;
                else
                    news = (_news ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            if (news.IsCompleted)
                return await RelistAsync(cancellationToken).ConfigureAwait(false);
            await news.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Etcd.WatchCreateRequest ToRequest()
    {
        var request = new Etcd.WatchCreateRequest
        {
            Key = range.Start.ToByteString(),
            RangeEnd = range.End.ToByteString(),
            StartRevision = _nextRevision,
            PrevKv = options.WithPrevious,
            ProgressNotify = true,
            Fragment = true,
        };
        if (options.Changes == KvChangeKinds.Puts)
            request.Filters.Add(Etcd.WatchCreateRequest.Types.FilterType.Nodelete);
        else if (options.Changes == KvChangeKinds.Deletes)
            request.Filters.Add(Etcd.WatchCreateRequest.Types.FilterType.Noput);
        return request;
    }

    public void Begin_NeedsGate()
    {
        _parts.Clear();
        if (State is KvWatchState.Opening or KvWatchState.Open)
            State = KvWatchState.Due;
    }

    public void Opened_NeedsGate(long id, long revision)
    {
        (State, Id) = (KvWatchState.Open, id);

        // A watch from now on learns from "created" what now is. It must not be taken for progress when history is to follow.
        if (_nextRevision == 0)
            _nextRevision = revision + 1;
    }

    public void Receive_NeedsGate(Etcd.WatchResponse answer)
    {
        _parts.AddRange(answer.Events);
        if (_parts.Count == 0)
        {
            // Progress: everything up to this revision has been sent.
            if (!answer.Fragment)
                _nextRevision = Math.Max(_nextRevision, answer.Header.Revision + 1);
            return;
        }

        // Of an answer in parts the last revision may go on in the next part; those before it are whole.
        var whole = answer.Fragment ? _parts.FindIndex(part => part.Kv.ModRevision == _parts[^1].Kv.ModRevision) : _parts.Count;
        foreach (var revision in _parts.Take(whole).GroupBy(part => part.Kv.ModRevision))
        {
            Put_NeedsGate(ToEvent(revision), revision.Sum(part => (long)part.CalculateSize()));
            _nextRevision = revision.Key + 1;
        }

        _parts.RemoveRange(0, whole);
    }

    public void Compacted_NeedsGate(long revision)
    {
        (State, _compactRevision) = (KvWatchState.Compacted, revision);
        _parts.Clear();
        Signal_NeedsGate();
    }

    public void Refuse_NeedsGate(Exception reason)
    {
        (State, _refusal) = (KvWatchState.Refused, reason);
        Signal_NeedsGate();
    }

    public void Interrupt_NeedsGate(ConcordException reason, TimeSpan wait)
    {
        Begin_NeedsGate();
        if (State != KvWatchState.Due)
            return;

        // The newest interruption replaces one that nobody has read: a long outage fills no buffer.
        _interruption = new(reason, wait);
        Signal_NeedsGate();
    }

    private KvWatchEvent? Take_NeedsGate()
    {
        if (!_buffer.TryDequeue(out var next))
        {
            var interruption = _interruption;
            _interruption = null;
            return interruption;
        }

        _bufferedBytes -= next.Bytes;
        if (State == KvWatchState.Full && _buffer.Count <= BufferedRevisionsMax / 2 && _bufferedBytes <= BufferedBytesMax / 2)
        {
            State = KvWatchState.Due;
            stream.Wake();
        }

        return next.Event;
    }

    private void Put_NeedsGate(KvWatchEvent news, long bytes)
    {
        if (_interruption is not null)
        {
            _buffer.Enqueue((_interruption, 0));
            _interruption = null;
        }

        _buffer.Enqueue((news, bytes));
        _bufferedBytes += bytes;
        Signal_NeedsGate();
    }

    private void Signal_NeedsGate()
    {
        _news?.TrySetResult();
        _news = null;
    }

    private async Task<KvWatchEvent> RelistAsync(CancellationToken cancellationToken)
    {
        if (_delay > TimeSpan.Zero)
            await Task.Delay(_delay, clientOptions.TimeProvider, cancellationToken).ConfigureAwait(false);
        try
        {
            var (revision, pairs) = await kv.ListAsync(range, cancellationToken).ConfigureAwait(false);
            (_listFailures, _delay) = (0, TimeSpan.Zero);
            lock (gate)
            {
                _nextRevision = revision + 1;
                if (State == KvWatchState.Compacted)
                    State = KvWatchState.Due;
            }

            stream.Wake();
            return new KvWatchEvent.Relisted(_compactRevision, revision, pairs);
        }
        catch (ConcordException error) when (error.IsTransient)
        {
            _delay = Backoff.Wait(++_listFailures, clientOptions.Endpoints.Count, clientOptions.BackoffMin, clientOptions.BackoffMax);
            return new KvWatchEvent.Interrupted(error, _delay);
        }
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
