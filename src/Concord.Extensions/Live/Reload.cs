using Concord.Extensions.Following;

namespace Concord.Extensions.Live;

/// <summary>One change on its way through the process. Lives on one thread.</summary>
internal sealed class Reload(ConfigFollower follower, IReadOnlySet<string> changedKeys)
{
    private readonly HashSet<(object Monitor, string Name)> _done = [];

    /// <summary>Several change tokens may announce the same change to a monitor; true for the first.</summary>
    public bool IsFirstFor(object monitor, string name) => _done.Add((monitor, name));

    public bool Touches(ReadSet reads) => reads.IsTouchedBy(follower, changedKeys);
}
