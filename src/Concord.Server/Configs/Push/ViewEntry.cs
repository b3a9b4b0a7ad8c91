using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>One distinct view that somebody watches.</summary>
internal sealed class ViewEntry(ViewFamily family, ViewKey key, PublishedView published)
{
    private volatile PublishedView _published = published;

    public ViewFamily Family => family;

    public ViewKey Key => key;

    /// <summary>Read without a lock; replaced under the hub's.</summary>
    public PublishedView Published => _published;

    /// <summary>Guarded by the hub's lock.</summary>
    public HashSet<ConfigSubscription> Subscribers { get; } = [];

    /// <summary>Resolves again; true if the settings are others now.</summary>
    public bool Refresh(ConfigState state)
    {
        var before = _published;
        if (state.Store.Revision <= before.StoreRevision)
        {
            return false;
        }

        _published = before.Next(ResolvedView.Of(state, key), state.Store.Revision);
        return _published.Version != before.Version;
    }
}
