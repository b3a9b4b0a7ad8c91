using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Views;

/// <summary>What a query finds in one state of the store.</summary>
/// <param name="Revision">Of the state that it was resolved from.</param>
/// <param name="Instances">In the order of services and ids.</param>
/// <param name="Services">Of the instances, or the one that was asked for; in the order of their names.</param>
internal sealed record ResolvedInstances(InstanceQuery Query, long Revision, IReadOnlyList<RegistryInstance> Instances, IReadOnlyList<ServiceView> Services)
{
    /// <exception cref="RegistryException">There are more than one answer may hold.</exception>
    public static ResolvedInstances Of(RegistryState state, InstanceQuery query)
    {
        var all = query.Service.Length > 0 ? state.Instances(query.Service) : state.InstancesFrom(query.Prefix);
        var found = new List<RegistryInstance>();
        var services = new List<ServiceView>();

        // The order of the keys is not that of the names: a service's name may go on where another one's ends.
        foreach (var (name, instances) in ByService(all).OrderBy(static one => one.Service, StringComparer.Ordinal))
        {
            if (query.Service.Length == 0 && !state.Rights.MaySee(name))
            {
                continue;
            }

            var service = ServiceView.Of(name, instances.Span, state.PanicPercent(name));
            var before = found.Count;
            foreach (var one in instances.Span)
            {
                if (query.Holds(one, service.IsPanic))
                {
                    found.Add(one);
                }
            }

            if (found.Count > before || query.Service.Length > 0)
            {
                services.Add(service);
            }
        }

        if (found.Count > RegistryLimits.InstancesPerView)
        {
            throw new RegistryException(RegistryErrorCode.TooMany, $"{found.Count} instances fit; one answer holds at most {RegistryLimits.InstancesPerView}.", "filter", "Ask for one service, or a narrower prefix.");
        }

        return new(query, state.Revision, found, services.Count == 0 && query.Service.Length > 0 ? [ServiceView.Of(query.Service, [], state.PanicPercent(query.Service))] : services);
    }

    /// <summary>Neighbours of the same service, as slices of the list.</summary>
    public static IEnumerable<(string Service, ReadOnlyMemory<RegistryInstance> Instances)> ByService(IReadOnlyList<RegistryInstance> sorted)
    {
        ReadOnlyMemory<RegistryInstance> array = sorted is RegistryInstance[] given ? given : sorted.ToArray();
        for (var start = 0; start < array.Length;)
        {
            var end = start + 1;
            while (end < array.Length && array.Span[end].Service == array.Span[start].Service)
            {
                end++;
            }

            yield return (array.Span[start].Service, array[start..end]);
            start = end;
        }
    }
}

/// <summary>What leads from one resolved view to a later one of the same query.</summary>
internal sealed record InstancesDelta(long FromRevision, long Revision, IReadOnlyList<RegistryInstance> Set, IReadOnlyList<(string Service, string Id)> Removed, IReadOnlyList<ServiceView> Services)
{
    public bool IsEmpty => Set.Count + Removed.Count + Services.Count == 0;

    public static InstancesDelta Of(ResolvedInstances before, ResolvedInstances after)
    {
        var set = new List<RegistryInstance>();
        var removed = new List<(string, string)>();
        Walk(before.Instances, after.Instances, Order, (old, next) =>
        {
            if (next is null)
            {
                removed.Add((old!.Service, old.Id));
            }
            else if (old is null || !old.LooksLike(next))
            {
                set.Add(next);
            }
        });
        var services = new List<ServiceView>();
        Walk(before.Services, after.Services, static (a, b) => string.CompareOrdinal(a.Name, b.Name), (old, next) =>
        {
            if (next is null)
            {
                // Nothing of it fits any more; zeros tell that.
                services.Add(ServiceView.Of(old!.Name, [], old.PanicPercent));
            }
            else if (old is null || !old.LooksLike(next))
            {
                services.Add(next);
            }
        });
        return new(before.Revision, after.Revision, set, removed, services);
    }

    private static int Order(RegistryInstance a, RegistryInstance b) =>
        string.CompareOrdinal(a.Service, b.Service) is not 0 and var byService ? byService : string.CompareOrdinal(a.Id, b.Id);

    /// <summary>Both lists are sorted; calls with both items where they are of the same key, else with null for the one that lacks.</summary>
    private static void Walk<T>(IReadOnlyList<T> before, IReadOnlyList<T> after, Comparison<T> order, Action<T?, T?> visit)
        where T : class
    {
        for (int i = 0, j = 0; i < before.Count || j < after.Count;)
        {
            var comparison = i == before.Count ? 1 : j == after.Count ? -1 : order(before[i], after[j]);
            visit(comparison <= 0 ? before[i] : null, comparison >= 0 ? after[j] : null);
            i += comparison <= 0 ? 1 : 0;
            j += comparison >= 0 ? 1 : 0;
        }
    }
}
