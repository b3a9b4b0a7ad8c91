using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Push;

/// <summary>
/// One version of a view, with what leads to it: the whole and the deltas from recent versions, each encoded once for all who
/// follow. Immutable to its readers.
/// </summary>
internal sealed class PublishedInstances
{
    /// <summary>Versions from which a delta is at hand: half a second of steady change. Older ones come from the store's history.</summary>
    private const int RecentMax = 16;

    /// <summary>Distinct revisions that clients came back with; each has its delta kept while this version is the newest.</summary>
    private const int DeltasMax = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _deltas = [];
    private readonly IReadOnlyList<ResolvedInstances> _recent;
    private readonly Lazy<ReadOnlyMemory<byte>> _full;

    private PublishedInstances(ResolvedInstances view, IReadOnlyList<ResolvedInstances> recent)
    {
        View = view;
        _recent = recent;
        _full = new(() => WatchFrames.Full(view));
    }

    public ResolvedInstances View { get; }

    /// <summary>Followers up to this revision or a later one hold this version.</summary>
    public long Revision => View.Revision;

    public static PublishedInstances First(ResolvedInstances view) => new(view, []);

    /// <summary>The version that the view has now; this one if it looks the same.</summary>
    public PublishedInstances Follow(ResolvedInstances view) => InstancesDelta.Of(View, view).IsEmpty
        ? this
        : new(view, [.. _recent.TakeLast(RecentMax - 1), View]);

    /// <summary>The message that brings a follower up to a revision (0: with nothing) to this version; null if it has it.</summary>
    /// <param name="history">The state of the store at a revision, for a follower that was away.</param>
    public ReadOnlyMemory<byte>? From(long revision, Func<long, RegistryState?> history)
    {
        if (revision == 0)
        {
            return _full.Value;
        }

        if (revision >= Revision)
        {
            return null;
        }

        lock (_lock)
        {
            if (!_deltas.TryGetValue(revision, out var message))
            {
                var known = KnownAt(revision, history);
                message = known is null ? _full.Value : WatchFrames.Delta(InstancesDelta.Of(known, View) with { FromRevision = revision });
                if (_deltas.Count < DeltasMax)
                {
                    _deltas.Add(revision, message);
                }
            }

            return message;
        }
    }

    /// <summary>What a follower up to the revision holds; null if it is too long ago to know.</summary>
    private ResolvedInstances? KnownAt(long revision, Func<long, RegistryState?> history)
    {
        if (_recent.LastOrDefault(version => version.Revision <= revision) is { } recent)
        {
            return recent;
        }

        try
        {
            return history(revision) is { } state ? ResolvedInstances.Of(state, View.Query) : null;
        }
        catch (HistoryCompactedException)
        {
            return null;
        }
    }
}
