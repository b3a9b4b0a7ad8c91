using System.Runtime.CompilerServices;
using Concord.Mvcc.Auth;
using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Push;

/// <summary>
/// One follower of a view: where it is, and what it is given next. It waits by itself and holds up nobody. Used by one call at a
/// time, which goes on within the hub's wake-ups: it must not block there.
/// </summary>
internal sealed class InstancesFollowing : IDisposable
{
    private readonly RegistryHub _hub;
    private readonly RegistryStore _store;
    private readonly InstancesEntry _entry;
    private readonly FollowerSignal _signal;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _cancelling;
    private AuthState? _judged;
    private volatile bool _isPatienceOver;

    private InstancesFollowing(RegistryHub hub, RegistryStore store, InstanceQuery query, long revision, CancellationToken cancellation)
    {
        _hub = hub;
        _store = store;
        _signal = new();
        _entry = hub.Join(query, _signal);
        _cancellation = cancellation;
        _cancelling = cancellation.UnsafeRegister(static following => ((InstancesFollowing)following!).Wake(), this);
        Revision = revision;
    }

    /// <summary>What the follower has; 0 for nothing.</summary>
    public long Revision { get; private set; }

    public PublishedInstances Published => _entry.Published;

    /// <param name="store">As the caller may use it.</param>
    /// <param name="knownRevision">
    /// What the caller has followed the view up to. One that is not here, after a read of all that was acknowledged, is of another
    /// store that stood at this address before; then it gets the whole.
    /// </param>
    public static async Task<InstancesFollowing> StartAsync(RegistryHub hub, RegistryStore store, InstanceQuery query, long knownRevision, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        state.Rights.RequireSee(query);
        return new(hub, store, query, knownRevision > 0 && knownRevision <= state.Revision ? knownRevision : 0, cancellation);
    }

    public void Dispose()
    {
        _cancelling.Dispose();
        _hub.Leave(_entry, _signal);
    }

    /// <summary>The next message with its prefix; a heartbeat when nothing happened for long.</summary>
    /// <exception cref="RegistryException">The follower may not see the view any more.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync()
    {
        _signal.Due = _hub.HeartbeatDue();
        while (true)
        {
            Judge();
            var revision = _hub.Revision;
            var published = _entry.Published;
            if (published.From(Revision, _hub.History) is { } message)
            {
                Revision = published.Revision;
                return message;
            }

            if (_hub.IsDue(_signal))
            {
                Revision = Math.Max(Revision, revision);
                return WatchFrames.Heartbeat(Revision);
            }

            ThrowIfEnded();
            await _signal.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the view is another than at <see cref="Revision"/>, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan patience)
    {
        _isPatienceOver = false;
        await using var timer = _hub.Time.CreateTimer(static following => ((InstancesFollowing)following!).LosePatience(), this, patience, Timeout.InfiniteTimeSpan);
        while (true)
        {
            Judge();
            if (_entry.Published.From(Revision, _hub.History) is not null || _isPatienceOver)
            {
                return;
            }

            ThrowIfEnded();
            await _signal.WaitAsync().ConfigureAwait(false);

            // An answer is made for each that asked; the thread has others to wake.
            await Task.Yield();
        }
    }

    private void LosePatience()
    {
        _isPatienceOver = true;
        Wake();
    }

    private void Wake() => _hub.Wake(_signal);

    private void ThrowIfEnded()
    {
        _cancellation.ThrowIfCancellationRequested();
        _hub.Stopping.ThrowIfCancellationRequested();
    }

    private void Judge()
    {
        var view = _store.View();
        if (!ReferenceEquals(_judged, view.Auth))
        {
            _store.Rights(view).RequireSee(_entry.Query);
            _judged = view.Auth;
        }
    }
}
