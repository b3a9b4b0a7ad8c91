using Concord.Protocol.V1;
using Concord.Server.Registry.Model;
using InstanceState = Concord.Server.Registry.Model.InstanceState;

namespace Concord.Server.Registry.Rpc;

/// <summary>From messages to the slice's values; everything is checked here, with the field's name in the proto.</summary>
internal static class RegistryRequests
{
    public static Registration Registration(InstanceRegistration? message)
    {
        if (message is null)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "'instance' is missing.", "instance", "Say what is registered: service, id and endpoints.");
        }

        var endpoints = Model.Registration.CheckEndpoints(
            [.. message.Endpoints.Select(static (one, i) => InstanceEndpoint.From(one.Name, one.Scheme, one.Host, one.Port, $"instance.endpoints[{i}]"))], "instance.endpoints");
        if (!message.Persistent && message.Check is not null)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "An ephemeral instance is kept by its own signs of life; servers check persistent ones.", "instance.check", "Leave the check out, or register it as persistent.");
        }

        var check = message.Check is null ? null : Check(message.Check, endpoints);
        var state = message.State != Protocol.V1.InstanceState.Unspecified ? InstanceStates.Said(InstanceStates.From((int)message.State, "instance.state"), "instance.state")
            : check is null ? InstanceState.Passing
            : InstanceState.Starting;
        var weight = message.HasWeight ? message.Weight : RegistryLimits.WeightDefault;
        return new(RegistryNames.Service(message.Service, "instance.service"), RegistryNames.Id(message.Id, "instance.id"))
        {
            Endpoints = endpoints,
            Zone = RegistryNames.Word(message.Zone, "instance.zone"),
            Region = RegistryNames.Word(message.Region, "instance.region"),
            Version = RegistryNames.Word(message.Version, "instance.version"),
            Weight = weight is >= 0 and <= RegistryLimits.WeightMax ? weight
                : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{weight} is no weight.", "instance.weight", $"Use 0 to {RegistryLimits.WeightMax}."),
            Tags = Model.Registration.CheckTags(message.Tags, "instance.tags"),
            Metadata = Model.Registration.CheckMetadata(message.Metadata, "instance.metadata"),
            State = state,
            Reason = RegistryNames.Text(message.Reason, RegistryLimits.ReasonCharacters, "instance.reason"),
            Persistent = message.Persistent,
            Check = check,
        };
    }

    public static InstanceQuery Query(InstanceFilter? filter) => filter is null
        ? InstanceQuery.From("", "", [], "", "", [], false, "filter")
        : InstanceQuery.From(
            filter.Service, filter.Prefix, filter.Tags, filter.Zone, filter.Version,
            filter.States.Select(static state => InstanceStates.From((int)state, "filter.states")), filter.Healthy, "filter");

    private static HealthCheck Check(ServiceCheck check, IReadOnlyList<InstanceEndpoint> endpoints)
    {
        var (kind, target, path, grpcService, ttl) = check.KindCase switch
        {
            ServiceCheck.KindOneofCase.Http => (HealthCheckKind.Http, check.Http.Url, check.Http.Path, "", 0),
            ServiceCheck.KindOneofCase.Tcp => (HealthCheckKind.Tcp, check.Tcp.Address, "", "", 0),
            ServiceCheck.KindOneofCase.Grpc => (HealthCheckKind.Grpc, check.Grpc.Url, "", check.Grpc.Service, 0),
            ServiceCheck.KindOneofCase.Ttl => (HealthCheckKind.Ttl, "", "", "", check.Ttl.Seconds),
            _ => throw new RegistryException(RegistryErrorCode.InvalidRequest, "The check does not say what is checked.", "instance.check", "Give it http, tcp, grpc or ttl."),
        };
        return HealthCheck.From(
            kind, target, path, grpcService, ttl, check.IntervalMs, check.TimeoutMs, check.SuccessesBeforePassing, check.FailuresBeforeCritical, endpoints, "instance.check");
    }
}
