using Concord.Protocol.V1;

namespace Concord.Agent.Cache;

/// <summary>A view of instances as the messages of a watch make it. Not thread-safe.</summary>
internal sealed class InstanceTable
{
    private readonly SortedDictionary<(string Service, string Id), ServiceInstance> _instances = new(Comparer<(string Service, string Id)>.Create(static (one, other) =>
        string.CompareOrdinal(one.Service, other.Service) is not 0 and var byService ? byService : string.CompareOrdinal(one.Id, other.Id)));

    private readonly SortedDictionary<string, ServiceSummary> _services = new(StringComparer.Ordinal);

    public long Revision { get; private set; }

    public void Set(ListServiceInstancesResponse full)
    {
        _instances.Clear();
        _services.Clear();
        foreach (var one in full.Instances)
        {
            _instances[(one.Service, one.Id)] = one;
        }

        foreach (var one in full.Services)
        {
            _services[one.Name] = one;
        }

        Revision = full.Revision;
    }

    public void Apply(WatchServicesResponse.Types.Delta delta)
    {
        foreach (var one in delta.Removed)
        {
            _instances.Remove((one.Service, one.Id));
        }

        foreach (var one in delta.Set)
        {
            _instances[(one.Service, one.Id)] = one;
        }

        foreach (var one in delta.Services)
        {
            if (one.Total == 0)
            {
                _services.Remove(one.Name);
            }
            else
            {
                _services[one.Name] = one;
            }
        }

        Revision = delta.Revision;
    }

    public ListServiceInstancesResponse Full() => new() { Instances = { _instances.Values }, Services = { _services.Values }, Revision = Revision };
}
