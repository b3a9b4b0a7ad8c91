using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry;

/// <summary>Asks what there is, as one caller may see it.</summary>
internal sealed class RegistryReader(RegistryStore store)
{
    /// <summary>All services whose names begin with a prefix, and that have an instance with a tag, if one is given.</summary>
    public async Task<(IReadOnlyList<ServiceView> Services, long Revision)> ServicesAsync(string prefix, string tag, CancellationToken cancellation)
    {
        var query = InstanceQuery.From("", prefix, tag.Length == 0 ? [] : [tag], "", "", [], healthy: false, "");
        var found = ResolvedInstances.Of(await store.ReadToServeAsync(cancellation), query);
        return (found.Services, found.Revision);
    }

    public async Task<ResolvedInstances> InstancesAsync(InstanceQuery query, CancellationToken cancellation) => Resolve(await store.ReadToServeAsync(cancellation), query);

    public async Task<RegistryInstance> InstanceAsync(string service, string id, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        state.Rights.RequireSee(service);
        return state.Instance(service, id) ?? throw Planning.RegistryPlanner.Unknown(state, service, id);
    }

    private static ResolvedInstances Resolve(RegistryState state, InstanceQuery query)
    {
        if (query.Service.Length > 0)
        {
            state.Rights.RequireSee(query.Service);
        }

        return ResolvedInstances.Of(state, query);
    }
}
