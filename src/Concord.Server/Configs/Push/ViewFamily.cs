using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// All views of one application in one environment with the same names. Their subscribers' labels fall together as far
/// as no overlay asks for them: ten thousand instances with ten thousand host labels are one view, resolved once.
/// Guarded by the hub's lock.
/// </summary>
internal sealed class ViewFamily
{
    private readonly Dictionary<Labels, ViewEntry> _entries = [];
    private IReadOnlySet<string> _labelNames = new HashSet<string>();

    public ViewFamily(ViewKey key, ConfigState state)
    {
        Key = key.With(Labels.Empty);
        Update(state);
    }

    /// <summary>Without labels.</summary>
    public ViewKey Key { get; }

    /// <summary>A change outside of these cannot change any view here.</summary>
    public IReadOnlySet<Scope> Scopes { get; private set; } = new HashSet<Scope>();

    public bool IsEmpty => _entries.Count == 0;

    public int ViewCount => _entries.Count;

    /// <summary>The view for these labels; resolved if it is the first of its kind.</summary>
    public ViewEntry Join(Labels labels, ConfigState state) => Join(labels, state, null);

    public void Leave(ConfigSubscription subscription)
    {
        subscription.Entry.Subscribers.Remove(subscription);
        if (subscription.Entry.Subscribers.Count == 0)
        {
            _entries.Remove(subscription.Entry.Key.Labels);
        }
    }

    /// <summary>
    /// Resolves every view again and returns the subscribers that are behind now. When overlays begin or cease to ask
    /// for a label, the subscribers are divided anew.
    /// </summary>
    public List<ConfigSubscription> Refresh(ConfigState state)
    {
        var labelNames = _labelNames;
        Update(state);
        var behind = new List<ConfigSubscription>();
        if (labelNames.SetEquals(_labelNames))
        {
            foreach (var entry in _entries.Values)
            {
                if (entry.Refresh(state))
                {
                    behind.AddRange(entry.Subscribers);
                }
            }

            return behind;
        }

        return Divide(state).FindAll(static subscription => subscription.IsBehind);
    }

    private List<ConfigSubscription> Divide(ConfigState state)
    {
        var subscriptions = _entries.Values.SelectMany(static entry => entry.Subscribers).ToList();
        _entries.Clear();
        foreach (var subscription in subscriptions)
        {
            var entry = Join(subscription.Labels, state, subscription.Entry.Published);
            entry.Subscribers.Add(subscription);
            subscription.Entry = entry;
        }

        return subscriptions;
    }

    /// <param name="before">What the first subscriber of a new view had until now: deltas lead on from it.</param>
    private ViewEntry Join(Labels labels, ConfigState state, PublishedView? before)
    {
        var reduced = labels.Only(_labelNames);
        if (!_entries.TryGetValue(reduced, out var entry))
        {
            var key = Key.With(reduced);
            var view = ResolvedView.Of(state, key);
            entry = new(this, key, before?.Next(view, state.Store.Revision) ?? PublishedView.First(view, state.Store.Revision));
            _entries.Add(reduced, entry);
        }

        return entry;
    }

    private void Update(ConfigState state)
    {
        var layers = ViewLayers.Of(state, Key);
        Scopes = layers.Scopes;
        _labelNames = layers.LabelNames;
    }
}
