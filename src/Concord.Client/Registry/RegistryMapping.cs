using V1 = Concord.Protocol.V1;

namespace Concord.Client.Registry;

/// <summary>Between messages and records.</summary>
internal static class RegistryMapping
{
    public static V1.InstanceRegistration ToMessage(InstanceRegistration registration)
    {
        var message = new V1.InstanceRegistration
        {
            Service = registration.Service,
            Id = registration.Id,
            Zone = registration.Zone,
            Region = registration.Region,
            Version = registration.Version,
            State = (V1.InstanceState)(registration.State ?? 0),
            Reason = registration.Reason,
        };
        if (registration.Weight is { } weight)
            message.Weight = weight;
        message.Endpoints.Add(registration.Endpoints.Select(one =>
            new V1.ServiceEndpoint { Name = one.Name, Scheme = one.Scheme, Host = one.Host, Port = one.Port }));
        message.Tags.Add(registration.Tags);
        foreach (var (key, value) in registration.Metadata)
            message.Metadata[key] = value;
        return message;
    }

    public static V1.ServiceCheck? ToMessage(ServiceCheck? check)
    {
        if (check is null)
            return null;
        var message = new V1.ServiceCheck
        {
            IntervalMs = Milliseconds(check.Interval),
            TimeoutMs = Milliseconds(check.Timeout),
            SuccessesBeforePassing = check.SuccessesBeforePassing ?? 0,
            FailuresBeforeCritical = check.FailuresBeforeCritical ?? 0,
        };
        switch (check)
        {
            case ServiceCheck.Http http:
                message.Http = new() { Url = http.Url ?? "", Path = http.Path ?? "" };
                break;
            case ServiceCheck.Tcp tcp:
                message.Tcp = new() { Address = tcp.Address ?? "" };
                break;
            case ServiceCheck.Grpc grpc:
                message.Grpc = new() { Url = grpc.Url ?? "", Service = grpc.Service ?? "" };
                break;
            case ServiceCheck.Ttl ttl:
                message.Ttl = new() { Seconds = Seconds(ttl.Time) };
                break;
        }

        return message;
    }

    public static V1.InstanceFilter ToMessage(InstanceFilter filter)
    {
        var message = new V1.InstanceFilter
        {
            Service = filter.Service,
            Prefix = filter.Prefix,
            Zone = filter.Zone,
            Version = filter.Version,
            Healthy = filter.Healthy,
        };
        message.Tags.Add(filter.Tags);
        message.States.Add(filter.States.Select(state => (V1.InstanceState)state));
        return message;
    }

    public static ServiceInstance ToRecord(V1.ServiceInstance message) => new()
    {
        Service = message.Service,
        Id = message.Id,
        Generation = message.Generation,
        Endpoints = [.. message.Endpoints.Select(one => new ServiceEndpoint(one.Scheme, one.Host, one.Port, one.Name))],
        Zone = message.Zone,
        Region = message.Region,
        Version = message.Version,
        Weight = message.Weight,
        Tags = [.. message.Tags],
        Metadata = new Dictionary<string, string>(message.Metadata),
        State = (InstanceState)message.State,
        Reason = message.Reason,
        Persistent = message.Persistent,
        Held = message.Held,
        Node = message.Node,
        Revision = message.Revision,
        Registered = DateTimeOffset.FromUnixTimeMilliseconds(message.RegisteredUnixMs),
        StateSince = DateTimeOffset.FromUnixTimeMilliseconds(message.StateSinceUnixMs),
    };

    public static ServiceSummary ToRecord(V1.ServiceSummary message) => new(
        message.Name, message.Total, message.Healthy, message.Held, message.Panic, message.PanicPercent, [.. message.Tags]);

    public static ServiceView ToRecord(V1.ListServiceInstancesResponse message) =>
        new([.. message.Instances.Select(ToRecord)], [.. message.Services.Select(ToRecord)], message.Revision);

    /// <summary>The message that <see cref="ToRecord(V1.ListServiceInstancesResponse)"/> makes this view of.</summary>
    public static V1.ListServiceInstancesResponse ToMessage(ServiceView view)
    {
        var message = new V1.ListServiceInstancesResponse { Revision = view.Revision };
        foreach (var one in view.Instances)
        {
            var instance = new V1.ServiceInstance
            {
                Service = one.Service,
                Id = one.Id,
                Generation = one.Generation,
                Zone = one.Zone,
                Region = one.Region,
                Version = one.Version,
                Weight = one.Weight,
                State = (V1.InstanceState)one.State,
                Reason = one.Reason,
                Persistent = one.Persistent,
                Held = one.Held,
                Node = one.Node,
                Revision = one.Revision,
                RegisteredUnixMs = one.Registered.ToUnixTimeMilliseconds(),
                StateSinceUnixMs = one.StateSince.ToUnixTimeMilliseconds(),
            };
            instance.Endpoints.Add(one.Endpoints.Select(endpoint =>
                new V1.ServiceEndpoint { Name = endpoint.Name, Scheme = endpoint.Scheme, Host = endpoint.Host, Port = endpoint.Port }));
            instance.Tags.Add(one.Tags);
            foreach (var (key, value) in one.Metadata)
                instance.Metadata[key] = value;
            message.Instances.Add(instance);
        }

        foreach (var one in view.Services)
        {
            var summary = new V1.ServiceSummary
            {
                Name = one.Name,
                Total = one.Total,
                Healthy = one.Healthy,
                Held = one.Held,
                Panic = one.Panic,
                PanicPercent = one.PanicPercent,
            };
            summary.Tags.Add(one.Tags);
            message.Services.Add(summary);
        }

        return message;
    }

    /// <summary>The view after a change.</summary>
    public static ServiceWatchEvent.Changed Apply(ServiceView before, V1.WatchServicesResponse.Types.Delta delta)
    {
        var set = delta.Set.Select(ToRecord).ToList();
        var removed = delta.Removed.Select(one => new InstanceKey(one.Service, one.Id)).ToList();
        var services = delta.Services.Select(ToRecord).ToList();
        var instances = new SortedDictionary<InstanceKey, ServiceInstance>(before.Instances.ToDictionary(one => one.Key));
        foreach (var one in set)
            instances[one.Key] = one;
        foreach (var key in removed)
            instances.Remove(key);
        var summaries = new SortedDictionary<string, ServiceSummary>(before.Services.ToDictionary(one => one.Name), StringComparer.Ordinal);
        foreach (var one in services)
            summaries[one.Name] = one;
        foreach (var gone in services.Where(one => one.Total == 0))
            summaries.Remove(gone.Name);
        return new(set, removed, services, new ServiceView([.. instances.Values], [.. summaries.Values], delta.Revision));
    }

    public static int Seconds(TimeSpan time) => (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), int.MinValue, int.MaxValue);

    private static int Milliseconds(TimeSpan? time) => time is { } given ? (int)Math.Clamp(given.TotalMilliseconds, int.MinValue, int.MaxValue) : 0;
}
