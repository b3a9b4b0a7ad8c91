using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Push;

/// <summary>A view that somebody follows. Used under the hub's lock; the newest version may be read without it.</summary>
internal sealed class InstancesEntry(InstanceQuery query, PublishedInstances first)
{
    private volatile PublishedInstances _published = first;

    public InstanceQuery Query => query;

    public PublishedInstances Published => _published;

    /// <summary>Those who wait, and those who will look by themselves when they are done with what they have.</summary>
    public HashSet<FollowerSignal> Followers { get; } = [];

    /// <summary>True if the view looks different now, so that its followers must be woken.</summary>
    public bool Refresh(RegistryState state)
    {
        var before = _published;
        var after = before.Follow(ResolvedInstances.Of(state, query));
        _published = after;
        return !ReferenceEquals(before, after);
    }
}
