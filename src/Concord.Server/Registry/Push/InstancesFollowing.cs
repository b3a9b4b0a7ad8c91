using Concord.Mvcc.Auth;
using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Push;

/// <summary>
/// One follower of a view: where it is, and what it is given next. It waits by itself and holds up nobody. Used by one call at a
/// time.
/// </summary>
internal sealed class InstancesFollowing : IDisposable
{
    private readonly RegistryHub _hub;
    private readonly RegistryStore _store;
    private readonly TimeProvider _time;
    private readonly InstancesEntry _entry;
    private readonly CancellationTokenSource _ending;
    private AuthState? _judged;
    private (Task Next, Task AuthChange, Task Either) _awaited = (Task.CompletedTask, Task.CompletedTask, Task.CompletedTask);

    private InstancesFollowing(RegistryHub hub, RegistryStore store, TimeProvider time, InstancesEntry entry, long revision, CancellationToken cancellation)
    {
        _hub = hub;
        _store = store;
        _time = time;
        _entry = entry;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hub.Stopping);
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
    public static async Task<InstancesFollowing> StartAsync(RegistryHub hub, RegistryStore store, TimeProvider time, InstanceQuery query, long knownRevision, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        state.Rights.RequireSee(query);
        return new(hub, store, time, hub.Join(query), knownRevision > 0 && knownRevision <= state.Revision ? knownRevision : 0, cancellation);
    }

    public void Dispose()
    {
        _hub.Leave(_entry);
        _ending.Dispose();
    }

    /// <summary>The next message with its prefix; a heartbeat when nothing happened for long.</summary>
    /// <exception cref="RegistryException">The follower may not see the view any more.</exception>
    public async Task<ReadOnlyMemory<byte>> NextAsync()
    {
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

            if (!await ChangeAsync(published, RegistryHub.HeartbeatInterval))
            {
                // Looked at again: a rights change wakes too, and the view of before is the same.
                if (ReferenceEquals(published, _entry.Published))
                {
                    Revision = Math.Max(Revision, revision);
                    return WatchFrames.Heartbeat(Revision);
                }
            }
        }
    }

    /// <summary>Waits until the view is another than at <see cref="Revision"/>, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan patience)
    {
        var end = _time.GetTimestamp();
        while (true)
        {
            Judge();
            var published = _entry.Published;
            var left = patience - _time.GetElapsedTime(end);
            if (published.From(Revision, _hub.History) is not null || left <= TimeSpan.Zero)
            {
                return;
            }

            await ChangeAsync(published, left);
        }
    }

    /// <summary>False if nothing happened in that time.</summary>
    private async Task<bool> ChangeAsync(PublishedInstances published, TimeSpan patience)
    {
        try
        {
            await Change(published).WaitAsync(patience, _time, _ending.Token).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// The same task until one of the two happens: what waits for it leaves when its time is over, but a new combination for each
    /// heartbeat would stay with tasks that may not complete for days.
    /// </summary>
    private Task Change(PublishedInstances published)
    {
        if (_awaited.Next != published.Next || _awaited.AuthChange.IsCompleted)
        {
            var auth = _store.AuthChange();
            _awaited = (published.Next, auth, Task.WhenAny(published.Next, auth));
        }

        return _awaited.Either;
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
