using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;
using Concord.Server.Replica;

namespace Concord.Server.Registry.Push;

/// <summary>
/// The views that are followed. A change of the store is looked up among them; those that it can concern are resolved, each once
/// however many follow it, and only if they look different their followers are woken. There is no queue per follower: each knows
/// the revision that it has and takes what leads from there to the newest version when it is ready, so one that is slow is simply
/// behind, and holds up nobody.
/// </summary>
/// <remarks>
/// What a change costs with ten thousand followers: one resolution, one encoding, and for each follower a compare-and-swap, a place
/// in the queue of the wake-ups and a copy into the buffer of its response. No timer, task or item of the thread pool is made for one.
/// The queue is bounded by the number of followers: one that is in it does not wait, so it is not taken again.
/// </remarks>
internal sealed class RegistryHub : IDisposable
{
    private readonly RegistryStore _store;
    private readonly Lock _lock = new();
    private readonly Dictionary<InstanceQuery, InstancesEntry> _entries = [];
    private readonly CompletionPump<FollowerSignal> _pump = new(static signal => signal.Complete());
    private readonly List<FollowerSignal> _taken = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private readonly long _heartbeatTicks;
    private long _revision;

    public RegistryHub(RegistryStore store, TimeProvider time)
    {
        _store = store;
        Time = time;
        Stopping = _stopping.Token;
        _heartbeatTicks = (long)(HeartbeatInterval.TotalSeconds * time.TimestampFrequency);
        _timer = time.CreateTimer(static hub => ((RegistryHub)hub!).OnTick(), this, TickInterval, TickInterval);
    }

    /// <summary>A follower that heard nothing this long gets a heartbeat.</summary>
    public static TimeSpan HeartbeatInterval { get; } = TimeSpan.FromSeconds(15);

    /// <summary>One timer for all followers; it spreads heartbeats by itself, as they began to wait at different times.</summary>
    private static TimeSpan TickInterval { get; } = TimeSpan.FromSeconds(1);

    public TimeProvider Time { get; }

    /// <summary>Changes up to this revision of the store were taken into the views.</summary>
    public long Revision => Volatile.Read(ref _revision);

    public CancellationToken Stopping { get; }

    /// <summary>Distinct views that are followed: what a change costs.</summary>
    public int ViewCount
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    public int FollowerCount
    {
        get
        {
            lock (_lock)
            {
                return _entries.Values.Sum(static entry => entry.Followers.Count);
            }
        }
    }

    /// <summary>Begins to follow; to be ended with <see cref="Leave"/>.</summary>
    public InstancesEntry Join(InstanceQuery query, FollowerSignal signal)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(query, out var entry))
            {
                if (_entries.Count >= RegistryLimits.WatchedViews)
                {
                    throw new RegistryException(RegistryErrorCode.TooMany, $"{RegistryLimits.WatchedViews} different views are followed here; more are not allowed.", "filter", "Follow whole services and choose among their instances.");
                }

                entry = new(query, PublishedInstances.First(ResolvedInstances.Of(_store.State(), query)));
                _entries.Add(query, entry);
            }

            entry.Followers.Add(signal);
            return entry;
        }
    }

    public void Leave(InstancesEntry entry, FollowerSignal signal)
    {
        lock (_lock)
        {
            if (entry.Followers.Remove(signal) && entry.Followers.Count == 0)
            {
                _entries.Remove(entry.Query);
            }
        }
    }

    /// <summary>Takes a change into account.</summary>
    /// <param name="services">Those that changed; null when any may have.</param>
    public void Refresh(IReadOnlySet<string>? services, long revision)
    {
        lock (_lock)
        {
            var state = _store.State();
            foreach (var entry in _entries.Values)
            {
                if ((services is null || (entry.Query.Service.Length > 0 ? services.Contains(entry.Query.Service) : services.Any(entry.Query.Concerns)))
                    && entry.Refresh(state))
                {
                    Wake(entry.Followers);
                }
            }
        }

        Volatile.Write(ref _revision, Math.Max(Revision, revision));
    }

    /// <summary>Lets everybody look again: rights have changed, or the hub stops.</summary>
    public void WakeAll()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                Wake(entry.Followers);
            }
        }
    }

    public void Wake(FollowerSignal signal)
    {
        if (signal.TryTake())
        {
            _pump.Complete(signal);
        }
    }

    /// <summary>When a follower that hears nothing from now on is due for a heartbeat.</summary>
    public long HeartbeatDue() => Time.GetTimestamp() + _heartbeatTicks;

    public bool IsDue(FollowerSignal signal) => Time.GetTimestamp() >= signal.Due;

    /// <summary>The state of the store at a revision; null if it was never here: of another store, or compacted away.</summary>
    public RegistryState? History(long revision)
    {
        var view = _store.View();
        return revision > view.Revision || revision < view.CompactedRevision ? null : new(view, RegistryRights.Everything, revision);
    }

    /// <summary>Ends everybody's following, so that their calls can end.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        WakeAll();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _stopping.Dispose();
    }

    private void OnTick()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                Wake(entry.Followers.Where(IsDue));
            }
        }
    }

    /// <summary>Under the lock. Those who do not wait look by themselves.</summary>
    private void Wake(IEnumerable<FollowerSignal> signals)
    {
        foreach (var signal in signals)
        {
            if (signal.TryTake())
            {
                _taken.Add(signal);
            }
        }

        _pump.Complete(_taken);
        _taken.Clear();
    }
}
