using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Push;

/// <summary>A view that somebody follows. Changed under the hub's lock; the newest version may be read without it.</summary>
internal sealed class InstancesEntry(InstanceQuery query, PublishedInstances first)
{
    private volatile PublishedInstances _published = first;

    public InstanceQuery Query => query;

    public PublishedInstances Published => _published;

    public int Followers { get; set; }

    public void Refresh(RegistryState state)
    {
        var before = _published;
        var after = before.Follow(ResolvedInstances.Of(state, query));
        if (!ReferenceEquals(before, after))
        {
            _published = after;
            before.Replaced();
        }
    }
}
