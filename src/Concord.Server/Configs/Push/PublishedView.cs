using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// One version of a view with what leads to it: the full event and the deltas from recent versions, each made once.
/// Immutable to its readers.
/// </summary>
internal sealed class PublishedView
{
    /// <summary>Versions from which a delta is made; a client further behind gets the full view.</summary>
    private const int RecentMax = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WatchEvent> _deltas = [];
    private readonly IReadOnlyList<Recent> _recent;
    private readonly WatchEvent.Full _full;
    private readonly long _sinceRevision;

    private PublishedView(ResolvedView view, long storeRevision, IReadOnlyList<Recent> recent, long sinceRevision)
    {
        View = view;
        StoreRevision = storeRevision;
        _recent = recent;
        _sinceRevision = sinceRevision;
        _full = new(view);
    }

    /// <param name="Since">The revision that brought this version.</param>
    private sealed record Recent(ResolvedView View, long Since);

    public ResolvedView View { get; }

    public string Version => View.Version;

    /// <summary>The revision of the store that the view was resolved from.</summary>
    public long StoreRevision { get; }

    public static PublishedView First(ResolvedView view, long storeRevision) => new(view, storeRevision, [], view.Revision);

    /// <summary>The view after a change; its settings may still be the same.</summary>
    public PublishedView Next(ResolvedView view, long storeRevision) => view.Version == Version
        ? new(view, storeRevision, _recent, _sinceRevision)
        : new(view, storeRevision, [.. _recent.Where(recent => recent.View.Version != view.Version).TakeLast(RecentMax - 1), new(View, _sinceRevision)], view.Revision);

    /// <summary>What brings a client that holds <paramref name="version"/> (null: nothing) to this version.</summary>
    public WatchEvent From(string? version)
    {
        if (string.IsNullOrEmpty(version))
        {
            return _full;
        }

        lock (_lock)
        {
            if (!_deltas.TryGetValue(version, out var delta))
            {
                var known = version == Version ? View : _recent.FirstOrDefault(recent => recent.View.Version == version)?.View;
                if (known is null)
                {
                    return _full;
                }

                delta = new WatchEvent.Delta(version, View, ReferenceEquals(known, View) ? ViewDelta.Empty : ViewDelta.Of(known.Settings, View.Settings));
                _deltas.Add(version, delta);
            }

            return delta;
        }
    }

    /// <summary>The version that a client holds which has followed the view up to a revision; null if too long ago to know.</summary>
    public string? VersionAt(long revision) => revision >= _sinceRevision
        ? Version
        : _recent.LastOrDefault(recent => recent.Since <= revision)?.View.Version;
}
