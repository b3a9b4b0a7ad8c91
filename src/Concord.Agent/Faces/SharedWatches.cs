using System.Threading.Channels;
using Concord.Agent.Cache;
using Concord.Client;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Agent.Faces;

/// <summary>
/// One watch at the servers for each different filter, whoever of this host asks: what comes down it goes to all that follow it, and
/// what it makes is kept. While the servers are away those that come are given what is known.
/// </summary>
internal sealed class SharedWatches(Upstream upstream, AnswerStore store, TimeProvider time) : IDisposable
{
    private const string Kind = "Watch";

    /// <summary>Messages that wait for a process; one that is further behind is given the whole view instead.</summary>
    private const int QueueMax = 256;

    /// <summary>How long a fresh view is waited for before one from disk will do.</summary>
    private static readonly TimeSpan FreshWithin = TimeSpan.FromSeconds(2);

    /// <summary>A process that starts again finds the watch still there.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMinutes(1);

    /// <summary>As the servers do, so that nobody takes the agent for dead while they are away.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    /// <summary>
    /// What changed goes to the disk at once, and then not before this is over: a service that changes a hundred times a second is not
    /// written as often.
    /// </summary>
    private static readonly TimeSpan KeepInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(200), RetryMax = TimeSpan.FromSeconds(5);

    /// <summary>Three of the servers' heartbeats may be missing.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    private readonly Lock _lock = new();
    private readonly Dictionary<InstanceFilter, Shared> _open = [];
    private readonly Registry.RegistryClient _servers = new(upstream.Invoker);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Watches at the servers.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    public Reader Open(InstanceFilter filter)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(filter, out var shared))
            {
                _open.Add(filter, shared = new(filter));
                shared.Running = FollowAsync(shared);
            }

            var reader = new Reader(this, shared);
            shared.Readers.Add(reader);
            shared.Idle?.Dispose();
            shared.Idle = null;
            if (shared.HasView)
            {
                reader.Whole = true;
                reader.Wake();
            }

            return reader;
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        lock (_lock)
        {
            foreach (var (_, shared) in _open)
            {
                shared.Idle?.Dispose();
                Keep(shared);
            }
        }

        _stopping.Dispose();
    }

    private void Close(Reader reader)
    {
        lock (_lock)
        {
            var shared = reader.Shared;
            shared.Readers.Remove(reader);
            if (shared.Readers.Count == 0 && !_stopping.IsCancellationRequested)
            {
                shared.Idle ??= time.CreateTimer(_ => Forget(shared), null, Linger, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Forget(Shared shared)
    {
        lock (_lock)
        {
            if (shared.Readers.Count == 0 && _open.TryGetValue(shared.Filter, out var open) && open == shared)
            {
                _open.Remove(shared.Filter);
                shared.Idle?.Dispose();
                shared.Stop.Cancel();
            }
        }
    }

    private async Task FollowAsync(Shared shared)
    {
        await Task.Yield();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(shared.Stop.Token, _stopping.Token);
        var wait = RetryMin;
        _ = OfferKnownAsync(shared, stop.Token);
        _ = KeepAsync(shared, stop.Token);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
                using var call = _servers.Watch(
                    new() { Filter = shared.Filter, KnownRevision = shared.IsFresh ? shared.Table.Revision : 0 }, new CallOptions(upstream.Headers, cancellationToken: silence.Token));
                silence.CancelAfter(SilenceMax);
                while (await call.ResponseStream.MoveNext(silence.Token))
                {
                    silence.CancelAfter(SilenceMax);
                    wait = RetryMin;
                    upstream.Back();
                    Take(shared, call.ResponseStream.Current);
                }
            }
            catch (ConcordException error) when (Upstream.IsAway(error))
            {
                upstream.Away(error.Message);
            }
            catch (ConcordException error)
            {
                // A wrong filter, or a right that is missing: for all that ask for it.
                Refuse(shared, Upstream.Translate(error));
                return;
            }
            catch (OperationCanceledException)
            {
                // Silent for too long, or nobody asks any more.
            }

            await Task.Delay(wait, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, RetryMax.Ticks));
        }
    }

    /// <summary>What an earlier run knew, if nothing fresh comes soon; signs of life as long as nothing comes.</summary>
    private async Task OfferKnownAsync(Shared shared, CancellationToken stop)
    {
        try
        {
            await Task.Delay(FreshWithin, time, stop);
            if (!shared.HasView && store.Recall(Kind, shared.Filter, ListServiceInstancesResponse.Parser) is { } known)
            {
                lock (_lock)
                {
                    if (!shared.HasView)
                    {
                        shared.Table.Set(known);
                        shared.HasView = true;
                        shared.Readers.ForEach(static reader => reader.SendWhole());
                    }
                }
            }

            while (true)
            {
                await Task.Delay(SignOfLife, time, stop);
                lock (_lock)
                {
                    if (shared.HasView)
                    {
                        var sign = new WatchServicesResponse { Heartbeat = new() { Revision = shared.Table.Revision } };
                        shared.Readers.ForEach(reader => reader.Send(sign));
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }

    private async Task KeepAsync(Shared shared, CancellationToken stop)
    {
        try
        {
            while (await shared.News.Reader.ReadAsync(stop))
            {
                Keep(shared);
                await Task.Delay(KeepInterval, time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }

    private void Keep(Shared shared)
    {
        if (TakeNews(shared) is { } view)
        {
            store.Remember(Kind, shared.Filter, view);
        }
    }

    private void Take(Shared shared, WatchServicesResponse message)
    {
        lock (_lock)
        {
            switch (message.EventCase)
            {
                case WatchServicesResponse.EventOneofCase.Full:
                    shared.Table.Set(message.Full);
                    (shared.HasView, shared.IsFresh) = (true, true);
                    shared.Note();
                    shared.Readers.ForEach(static reader => reader.SendWhole());
                    break;
                case WatchServicesResponse.EventOneofCase.Delta:
                    shared.Table.Apply(message.Delta);
                    shared.Note();
                    shared.Readers.ForEach(reader => reader.Send(message));
                    break;
                default:
                    shared.Readers.ForEach(reader => reader.Send(message));
                    break;
            }
        }
    }

    /// <summary>The view, if it is another one than was asked for last.</summary>
    private ListServiceInstancesResponse? TakeNews(Shared shared)
    {
        lock (_lock)
        {
            if (!shared.IsNews)
            {
                return null;
            }

            shared.IsNews = false;
            return shared.Table.Full();
        }
    }

    private void Refuse(Shared shared, RpcException refusal)
    {
        lock (_lock)
        {
            _open.Remove(shared.Filter);
            shared.Stop.Cancel();
            shared.Readers.ForEach(reader => reader.Refuse(refusal));
        }
    }

    /// <summary>One watch at the servers. Its fields are guarded by the lock of all.</summary>
    public sealed class Shared(InstanceFilter filter)
    {
        public InstanceFilter Filter { get; } = filter;

        public InstanceTable Table { get; } = new();

        public List<Reader> Readers { get; } = [];

        public CancellationTokenSource Stop { get; } = new();

        public Task Running { get; set; } = Task.CompletedTask;

        public ITimer? Idle { get; set; }

        /// <summary>There is something to give, from disk or from the servers.</summary>
        public bool HasView { get; set; }

        /// <summary>It came from the servers in this run, so they can go on from it.</summary>
        public bool IsFresh { get; set; }

        /// <summary>It is not on disk yet.</summary>
        public bool IsNews { get; set; }

        /// <summary>Says that something is not on disk yet.</summary>
        public Channel<bool> News { get; } = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public void Note()
        {
            IsNews = true;
            News.Writer.TryWrite(true);
        }
    }

    /// <summary>One process that follows.</summary>
    public sealed class Reader(SharedWatches all, Shared shared) : IDisposable
    {
        private readonly Channel<bool> _wish = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly Queue<WatchServicesResponse> _waiting = new();
        private RpcException? _refusal;

        public Shared Shared => shared;

        /// <summary>The whole view is next; what waited is in it.</summary>
        public bool Whole { get; set; }

        public void Wake() => _wish.Writer.TryWrite(true);

        public void SendWhole()
        {
            _waiting.Clear();
            Whole = true;
            Wake();
        }

        public void Send(WatchServicesResponse message)
        {
            if (Whole)
            {
                // What is taken from the table later has it.
                return;
            }

            if (_waiting.Count == QueueMax)
            {
                SendWhole();
                return;
            }

            _waiting.Enqueue(message);
            Wake();
        }

        public void Refuse(RpcException refusal)
        {
            _refusal = refusal;
            Wake();
        }

        /// <exception cref="RpcException">The servers refuse it.</exception>
        public async Task<WatchServicesResponse> NextAsync(CancellationToken cancellation)
        {
            while (true)
            {
                lock (all._lock)
                {
                    if (_refusal is not null)
                    {
                        throw _refusal;
                    }

                    if (Whole && shared.HasView)
                    {
                        Whole = false;
                        return new() { Full = shared.Table.Full() };
                    }

                    if (_waiting.TryDequeue(out var message))
                    {
                        return message;
                    }
                }

                await _wish.Reader.ReadAsync(cancellation);
            }
        }

        public void Dispose() => all.Close(this);
    }
}
