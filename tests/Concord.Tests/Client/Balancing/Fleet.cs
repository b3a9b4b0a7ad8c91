using Concord.Client.Balancing;
using Concord.Client.Registry;

namespace Concord.Tests.Client.Balancing;

/// <summary>Instances to balance over.</summary>
internal static class Fleet
{
    public const string Service = "orders";

    public static ServiceInstance Instance(
        string id, int weight = 100, string zone = "", InstanceState state = InstanceState.Passing, long generation = 1, string version = "",
        params ServiceEndpoint[] endpoints) => new()
        {
            Service = Service,
            Id = id,
            Generation = generation,
            Endpoints = endpoints.Length > 0 ? endpoints : [new ServiceEndpoint("http", id, 80)],
            Zone = zone,
            Region = "",
            Version = version,
            Weight = weight,
            Tags = [],
            Metadata = new Dictionary<string, string>(),
            State = state,
            Reason = "",
            Persistent = false,
            Held = false,
            Revision = 1,
            Registered = DateTimeOffset.UnixEpoch,
            StateSince = DateTimeOffset.UnixEpoch,
        };

    /// <summary>i000, i001, …</summary>
    public static List<ServiceInstance> Instances(int count) => [.. Enumerable.Range(0, count).Select(i => Instance($"i{i:d3}"))];

    public static ServiceView View(params IEnumerable<ServiceInstance> instances)
    {
        List<ServiceInstance> list = [.. instances.OrderBy(one => one.Key)];
        var healthy = list.Count(one => one.State is InstanceState.Passing or InstanceState.Warning);
        return new(list, [new ServiceSummary(Service, list.Count, healthy, 0, false, 30, [])], 1);
    }

    public static List<WeightedEndpoint> Weighted(IEnumerable<ServiceInstance> instances) =>
        [.. instances.Select(one => new WeightedEndpoint(new PoolEndpoint(one, one.Endpoints[0]), one.Weight))];

    public static List<WeightedEndpoint> Weighted(params int[] weights) => Weighted(weights.Select((weight, i) => Instance($"i{i:d3}", weight)));

    /// <summary>How often each id was chosen.</summary>
    public static Dictionary<string, int> Count(this IEndpointSelector selector, int picks)
    {
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < picks; i++)
        {
            var id = selector.Select(default).Instance.Id;
            counts[id] = counts.GetValueOrDefault(id) + 1;
        }

        return counts;
    }

    public static string Owner(this IEndpointSelector selector, int key) =>
        selector.Select(SelectionContext.ForKey($"key-{key}")).Instance.Id;

    /// <summary>How often the pool chose each id; each call ends at once, and well.</summary>
    public static Dictionary<string, int> Count(this EndpointPool pool, int picks, SelectionContext context = default)
    {
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < picks; i++)
        {
            Assert.True(pool.TryPick(context, out var pick), "nobody may be called");
            pick.Complete(CallOutcome.Success);
            counts[pick.Endpoint.Instance.Id] = counts.GetValueOrDefault(pick.Endpoint.Instance.Id) + 1;
        }

        return counts;
    }

    /// <summary>Calls until it was this instance's turn, which then ended so.</summary>
    public static void Fail(this EndpointPool pool, string id, CallOutcome outcome = CallOutcome.Failure, Action? takes = null)
    {
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(pool.TryPick(default, out var pick));
            if (pick.Endpoint.Instance.Id == id)
            {
                takes?.Invoke();
                pick.Complete(outcome);
                return;
            }

            pick.Complete(CallOutcome.Success);
        }

        Assert.Fail($"{id} was never chosen");
    }
}
