using Concord.Protocol.V1;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Rpc;

/// <summary>From the slice's values to messages.</summary>
internal static class RegistryMessages
{
    public static ServiceInstance Instance(RegistryInstance instance) => new()
    {
        Service = instance.Service,
        Id = instance.Id,
        Generation = instance.Record.Generation,
        Endpoints = { instance.Record.Endpoints.Select(static one => new ServiceEndpoint { Name = one.Name, Scheme = one.Scheme, Host = one.Host, Port = one.Port }) },
        Zone = instance.Record.Zone,
        Region = instance.Record.Region,
        Version = instance.Record.Version,
        Weight = instance.Record.Weight,
        Tags = { instance.Record.Tags },
        Metadata = { instance.Record.Metadata.ToDictionary() },
        State = (Protocol.V1.InstanceState)instance.State,
        Reason = instance.Reason,
        Persistent = instance.Record.Persistent,
        Check = Check(instance.Record.Check),
        Revision = instance.Revision,
        RegisteredUnixMs = instance.Record.RegisteredUnixMs,
        StateSinceUnixMs = instance.Record.StateSinceUnixMs,
        Held = instance.IsHeld,
        Node = instance.Record.Node ?? "",
    };

    public static ServiceSummary Service(ServiceView service) => new()
    {
        Name = service.Name,
        Total = service.Total,
        Healthy = service.Healthy,
        Held = service.Held,
        Panic = service.IsPanic,
        PanicPercent = service.PanicPercent,
        Tags = { service.Tags },
    };

    public static ListServiceInstancesResponse Instances(ResolvedInstances found) => new()
    {
        Instances = { found.Instances.Select(Instance) },
        Services = { found.Services.Select(Service) },
        Revision = found.Revision,
    };

    public static WatchServicesResponse.Types.Delta Delta(InstancesDelta delta) => new()
    {
        FromRevision = delta.FromRevision,
        Revision = delta.Revision,
        Set = { delta.Set.Select(Instance) },
        Removed = { delta.Removed.Select(static one => new WatchServicesResponse.Types.Removed { Service = one.Service, Id = one.Id }) },
        Services = { delta.Services.Select(Service) },
    };

    public static RegisterInstanceResponse Registered(Registered registered) =>
        new() { Generation = registered.Generation, Revision = registered.Revision, TtlSeconds = registered.TtlSeconds };

    /// <summary>For the agent that the instance was registered through.</summary>
    public static AssignedCheck Assigned(RegistryInstance instance) => new()
    {
        Service = instance.Service,
        Id = instance.Id,
        Generation = instance.Record.Generation,
        Check = Check(instance.Record.Check),
        State = (Protocol.V1.InstanceState)(instance.Record.BeforeLoss ?? instance.Record.State),
        Revision = instance.Revision,
    };

    public static ErrorDetail Error(RegistryError error) => new() { Code = error.Code.Word(), Message = error.Message, Field = error.Field, Remedy = error.Remedy };

    private static ServiceCheck? Check(HealthCheck? check)
    {
        if (check is null)
        {
            return null;
        }

        var message = new ServiceCheck
        {
            IntervalMs = check.IntervalMs,
            TimeoutMs = check.TimeoutMs,
            SuccessesBeforePassing = check.SuccessesBeforePassing,
            FailuresBeforeCritical = check.FailuresBeforeCritical,
        };
        switch (check.Kind)
        {
            case HealthCheckKind.Http:
                message.Http = new() { Url = check.Target };
                break;
            case HealthCheckKind.Tcp:
                message.Tcp = new() { Address = check.Target };
                break;
            case HealthCheckKind.Grpc:
                message.Grpc = new() { Url = check.Target, Service = check.GrpcService };
                break;
            default:
                message.Ttl = new() { Seconds = check.TtlSeconds };
                break;
        }

        return message;
    }
}
