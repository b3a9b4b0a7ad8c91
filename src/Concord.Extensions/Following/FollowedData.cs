using Concord.Client.Subscriptions;

namespace Concord.Extensions.Following;

/// <summary>One state as the application sees it; immutable, replaced as a whole.</summary>
internal sealed class FollowedData(SettingsSnapshot? snapshot, IReadOnlyDictionary<string, string> values)
{
    public static FollowedData Empty { get; } = new(null, new Dictionary<string, string>());

    public SettingsSnapshot? Snapshot => snapshot;

    /// <summary>Keys compare without case.</summary>
    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>The keys whose values differ between the two states.</summary>
    public HashSet<string> DifferenceTo(FollowedData other)
    {
        var changed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Collect(values, other.Values);
        Collect(other.Values, values);
        return changed;

        void Collect(IReadOnlyDictionary<string, string> from, IReadOnlyDictionary<string, string> to)
        {
            foreach (var (key, value) in from)
            {
                if (!to.TryGetValue(key, out var counterpart) || counterpart != value)
                    changed.Add(key);
            }
        }
    }
}
