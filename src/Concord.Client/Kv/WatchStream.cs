using Concord.Client.Connection;
using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>All watches of a client over one stream.</summary>
/// <remarks>
/// The reader never waits for a consumer. A watch whose consumer is slow fills its own buffer, is cancelled at the server, and is
/// created again from the revision it had reached when the buffer has room: history is the longer buffer, and it is the server's.
/// </remarks>
internal sealed class WatchStream(FailoverInvoker invoker, ConcordClientOptions options)
    : KeptStream<Etcd.WatchRequest, Etcd.WatchResponse>(invoker, options, "Concord.Client.Watches")
{
    private readonly HashSet<KvWatch> _watches = [];

    /// <summary>Those that the server knows, by its numbers.</summary>
    private readonly Dictionary<long, KvWatch> _open = [];

    /// <summary>Those that it was asked for: it answers in order, and a refusal carries no number.</summary>
    private readonly Queue<KvWatch> _opening = [];

    private readonly List<long> _cancels = [];

    protected override string Name => "watch";

    protected override bool HasUsers_NeedsGate => _watches.Count > 0;

    public KvWatch Add(KvClient kv, KeyRange range, WatchOptions watchOptions)
    {
        var watch = new KvWatch(this, Gate, kv, range, watchOptions, Options);
        lock (Gate)
        {
            _watches.Add(watch);
            Start_NeedsGate();
        }

        return watch;
    }

    public void Remove(KvWatch watch)
    {
        lock (Gate)
        {
            if (_watches.Remove(watch))
                Cancel_NeedsGate(watch);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            foreach (var watch in _watches)
                watch.Refuse_NeedsGate(new ObjectDisposedException(nameof(ConcordClient), "The client was disposed while a watch was open."));
            _watches.Clear();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override AsyncDuplexStreamingCall<Etcd.WatchRequest, Etcd.WatchResponse> Open(CallInvoker endpoint, CallOptions call) =>
        new Etcd.Watch.WatchClient(endpoint).Watch(call);

    protected override void Begin_NeedsGate()
    {
        _open.Clear();
        _opening.Clear();
        _cancels.Clear();
        foreach (var watch in _watches)
            watch.Begin_NeedsGate();
    }

    protected override TimeSpan TakeDue_NeedsGate(List<Etcd.WatchRequest> due)
    {
        due.AddRange(_cancels.Select(id => new Etcd.WatchRequest { CancelRequest = new() { WatchId = id } }));
        _cancels.Clear();
        foreach (var watch in _watches.Where(watch => watch.State == KvWatchState.Due))
        {
            watch.State = KvWatchState.Opening;
            _opening.Enqueue(watch);
            due.Add(new() { CreateRequest = watch.ToRequest() });
        }

        return Timeout.InfiniteTimeSpan;
    }

    protected override TimeSpan Patience_NeedsGate() => _opening.Count > 0 ? Options.CallTimeout : Timeout.InfiniteTimeSpan;

    protected override void OnAnswer(Etcd.WatchResponse answer)
    {
        lock (Gate)
        {
            if (answer.Canceled && TokenSource.IsRefusal(answer.CancelReason))
            {
                // The token has run out, or its user's password was changed. It belongs to the stream: all go on over a new one.
                throw new ConcordServerException(
                    StatusCode.Unauthenticated,
                    new() { Code = "token_refused", Message = answer.CancelReason },
                    new RpcException(new Status(StatusCode.Unauthenticated, answer.CancelReason)));
            }

            if (answer.Created)
                OnCreated_NeedsGate(answer);
            else if (_open.TryGetValue(answer.WatchId, out var watch))
                OnNews_NeedsGate(watch, answer);

            // Else the last words of a watch that was cancelled here, or progress of the stream that nobody asked for.
        }
    }

    protected override void OnLost(ConcordException reason, TimeSpan wait)
    {
        lock (Gate)
        {
            // What is refused today is refused tomorrow: the stream itself, such as for a user whose password is another.
            var isFinal = reason is ConcordServerException { IsTransient: false, IsTokenRefusal: false };
            foreach (var watch in _watches)
            {
                if (isFinal)
                    watch.Refuse_NeedsGate(reason);
                else
                    watch.Interrupt_NeedsGate(reason, wait);
            }
        }
    }

    private void OnCreated_NeedsGate(Etcd.WatchResponse answer)
    {
        if (!_opening.TryDequeue(out var watch))
            throw new ConcordUnavailableException("The server created a watch that it was not asked for.");

        if (answer.Canceled)
        {
            Close_NeedsGate(watch, answer);
        }
        else if (_watches.Contains(watch))
        {
            _open.Add(answer.WatchId, watch);
            watch.Opened_NeedsGate(answer.WatchId, answer.Header.Revision);
        }
        else
        {
            _cancels.Add(answer.WatchId);
            Wake();
        }
    }

    private void OnNews_NeedsGate(KvWatch watch, Etcd.WatchResponse answer)
    {
        if (answer.Canceled)
        {
            _open.Remove(answer.WatchId);
            Close_NeedsGate(watch, answer);
            return;
        }

        watch.Receive_NeedsGate(answer);
        if (watch.IsFull_NeedsGate)
        {
            Cancel_NeedsGate(watch);
            watch.State = KvWatchState.Full;
        }
    }

    private static void Close_NeedsGate(KvWatch watch, Etcd.WatchResponse answer)
    {
        if (answer.CompactRevision > 0)
        {
            watch.Compacted_NeedsGate(answer.CompactRevision);
            return;
        }

        watch.Refuse_NeedsGate(CallErrors.From(new Protocol.V1.ErrorDetail
        {
            Code = "watch_refused",
            Message = answer.CancelReason.Length > 0 ? answer.CancelReason : "The server cancelled the watch.",
        }));
    }

    private void Cancel_NeedsGate(KvWatch watch)
    {
        if (watch.State != KvWatchState.Open)
            return;
        _open.Remove(watch.Id);
        _cancels.Add(watch.Id);
        Wake();
    }
}
