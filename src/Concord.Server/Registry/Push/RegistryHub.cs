using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Push;

/// <summary>
/// The views that are followed. A change of the store is looked up among them; those that it can concern are resolved, each once
/// however many follow it, and only if they look different their followers are woken. There is no queue per follower: each knows
/// the revision that it has and takes what leads from there to the newest version when it is ready, so one that is slow is simply
/// behind, and holds up nobody.
/// </summary>
internal sealed class RegistryHub(RegistryStore store) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<InstanceQuery, InstancesEntry> _entries = [];
    private readonly CancellationTokenSource _stopping = new();
    private long _revision;

    /// <summary>A follower that heard nothing this long gets a heartbeat.</summary>
    public static TimeSpan HeartbeatInterval { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Changes up to this revision of the store were taken into the views.</summary>
    public long Revision => Volatile.Read(ref _revision);

    public CancellationToken Stopping => _stopping.Token;

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
                return _entries.Values.Sum(static entry => entry.Followers);
            }
        }
    }

    /// <summary>Begins to follow; to be ended with <see cref="Leave"/>.</summary>
    public InstancesEntry Join(InstanceQuery query)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(query, out var entry))
            {
                if (_entries.Count >= RegistryLimits.WatchedViews)
                {
                    throw new RegistryException(RegistryErrorCode.TooMany, $"{RegistryLimits.WatchedViews} different views are followed here; more are not allowed.", "filter", "Follow whole services and choose among their instances.");
                }

                entry = new(query, PublishedInstances.First(ResolvedInstances.Of(store.State(), query)));
                _entries.Add(query, entry);
            }

            entry.Followers++;
            return entry;
        }
    }

    public void Leave(InstancesEntry entry)
    {
        lock (_lock)
        {
            if (--entry.Followers == 0)
            {
                _entries.Remove(entry.Query);
                entry.Published.Replaced();
            }
        }
    }

    /// <summary>Takes a change into account.</summary>
    /// <param name="services">Those that changed; null when any may have.</param>
    public void Refresh(IReadOnlySet<string>? services, long revision)
    {
        lock (_lock)
        {
            var state = store.State();
            foreach (var entry in _entries.Values)
            {
                if (services is null || (entry.Query.Service.Length > 0 ? services.Contains(entry.Query.Service) : services.Any(entry.Query.Concerns)))
                {
                    entry.Refresh(state);
                }
            }
        }

        Volatile.Write(ref _revision, Math.Max(Revision, revision));
    }

    /// <summary>The state of the store at a revision; null if it was never here: of another store, or compacted away.</summary>
    public RegistryState? History(long revision)
    {
        var view = store.View();
        return revision > view.Revision || revision < view.CompactedRevision ? null : new(view, RegistryRights.Everything, revision);
    }

    /// <summary>Ends everybody's following, so that their calls can end.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
