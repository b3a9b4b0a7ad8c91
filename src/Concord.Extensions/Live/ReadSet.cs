using Concord.Extensions.Following;

namespace Concord.Extensions.Live;

/// <summary>
/// What one options object read from Concord while it was made: single keys, and sections whose children it listed. A
/// change that touches none of these cannot change the object.
/// </summary>
internal sealed class ReadSet
{
    private readonly HashSet<(ConfigFollower, string)> _keys = new(Comparer);
    private readonly HashSet<(ConfigFollower, string)> _sections = new(Comparer);
    private readonly Dictionary<ConfigFollower, FollowedData> _pinned = [];

    private static IEqualityComparer<(ConfigFollower, string)> Comparer { get; } =
        EqualityComparer<(ConfigFollower Follower, string Key)>.Create(
            (x, y) => x.Follower == y.Follower && string.Equals(x.Key, y.Key, StringComparison.OrdinalIgnoreCase),
            pair => StringComparer.OrdinalIgnoreCase.GetHashCode(pair.Key));

    /// <summary>The state that this object is made from: the one of its first read, so that it never mixes two releases.</summary>
    public FollowedData Pin(ConfigFollower follower)
    {
        if (!_pinned.TryGetValue(follower, out var data))
            _pinned.Add(follower, data = follower.Data);
        return data;
    }

    public void AddKey(ConfigFollower follower, string key) => _keys.Add((follower, key));

    public void AddSection(ConfigFollower follower, string? path) => _sections.Add((follower, path ?? ""));

    public void UnionWith(ReadSet other)
    {
        _keys.UnionWith(other._keys);
        _sections.UnionWith(other._sections);
    }

    public bool IsTouchedBy(ConfigFollower follower, IReadOnlySet<string> changedKeys)
    {
        foreach (var key in changedKeys)
        {
            if (_keys.Contains((follower, key)) || _sections.Contains((follower, "")))
                return true;
            // The key's own children, and its parents' children, are what a listed section may have seen of it.
            for (var end = key.Length; end > 0; end = key.LastIndexOf(':', end - 1))
            {
                if (_sections.Contains((follower, key[..end])))
                    return true;
            }
        }

        return false;
    }
}
