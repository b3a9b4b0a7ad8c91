using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Protocol.V1;
using Concord.Server.Administration;
using Google.Protobuf;
using Grpc.Core;
using GossipMember = Concord.Members.GossipMember;
using KeyringOperation = Concord.Protocol.V1.KeyringOperation;

namespace Concord.Server.Members;

/// <summary>concord.v1's Gossip service. Without gossip every call says how to get it.</summary>
internal sealed class GossipService(IServiceProvider services, IHostApplicationLifetime lifetime) : Protocol.V1.Gossip.GossipBase
{
    /// <summary>Events that wait for a slow reader of a watch; what comes beyond is lost to it, as the proto says.</summary>
    private const int EventsMax = 1024;

    private readonly ServerGossip? _gossip = services.GetService<ServerGossip>();

    private GossipMember Member => _gossip?.Member ?? throw AdministrationErrors.Make(
        StatusCode.FailedPrecondition, "no_gossip", "This server does not gossip.", "Start it with --gossip-listen, or ask a server that was.");

    public override Task<ListGossipMembersResponse> ListGossipMembers(ListGossipMembersRequest request, ServerCallContext context)
    {
        var member = Member;
        var answer = new ListGossipMembersResponse { From = member.Name, ClusterId = _gossip!.ClusterId, Encrypted = member.IsEncrypted };
        answer.Members.AddRange(member.Members.OrderBy(static one => one.Info.Name, StringComparer.Ordinal).Select(Show));
        return Task.FromResult(answer);
    }

    public override async Task<SendEventResponse> SendEvent(SendEventRequest request, ServerCallContext context)
    {
        if (request.Name.Length == 0)
        {
            throw AdministrationErrors.Make(StatusCode.InvalidArgument, "bad_event", "The name of the event is missing.", "Give it a name, such as deploy.");
        }

        try
        {
            await Member.SendEventAsync(request.Name, request.Payload.Memory);
            return new();
        }
        catch (ArgumentException error)
        {
            throw AdministrationErrors.Make(StatusCode.InvalidArgument, "bad_event", error.Message);
        }
        catch (GossipBusyException error)
        {
            throw AdministrationErrors.Make(StatusCode.Unavailable, "gossip_busy", error.Message);
        }
    }

    public override async Task WatchEvents(WatchEventsRequest request, IServerStreamWriter<WatchEventsResponse> responseStream, ServerCallContext context)
    {
        using var events = Member.Listen(EventsMax);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await responseStream.WriteAsync(new(), ending.Token);
            await foreach (var happened in events.Reader.ReadAllAsync(ending.Token))
            {
                if (happened is GossipEvent.UserEventReceived { Event: var told } && (request.Names.Count == 0 || request.Names.Contains(told.Name)))
                {
                    await responseStream.WriteAsync(new() { Name = told.Name, Payload = ByteString.CopyFrom(told.Payload.Span), Origin = told.Origin, Time = told.Time }, ending.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
    }

    public override async Task<ChangeKeyringResponse> ChangeKeyring(ChangeKeyringRequest request, ServerCallContext context)
    {
        var operation = request.Operation switch
        {
            KeyringOperation.List => Concord.Members.Keys.KeyringOperation.List,
            KeyringOperation.Add => Concord.Members.Keys.KeyringOperation.Add,
            KeyringOperation.Use => Concord.Members.Keys.KeyringOperation.Use,
            KeyringOperation.Remove => Concord.Members.Keys.KeyringOperation.Remove,
            _ => throw AdministrationErrors.Make(StatusCode.InvalidArgument, "bad_keyring_change", "The request does not say what to do.", "Use list, add, use or remove."),
        };
        try
        {
            var key = operation == Concord.Members.Keys.KeyringOperation.Add ? GossipKey.Of(request.Key.Span) : null;
            var answer = new ChangeKeyringResponse();
            foreach (var one in await Member.KeyringAsync(operation, key, request.Fingerprint, context.CancellationToken))
            {
                answer.Members.Add(new ChangeKeyringResponse.Types.MemberKeyring { Member = one.Member, Error = one.Error ?? "", Fingerprints = { one.Fingerprints } });
            }

            return answer;
        }
        catch (KeyringException error)
        {
            throw AdministrationErrors.Make(StatusCode.FailedPrecondition, "keyring_refused", error.Message);
        }
    }

    private static Protocol.V1.GossipMember Show(MemberState state)
    {
        var told = MemberMetadata.Decode(state.Info.Metadata.Span);
        var shown = new Protocol.V1.GossipMember
        {
            Name = state.Info.Name,
            Address = state.Info.Address.ToString(),
            Status = (GossipStatus)((int)state.Status + 1),
            Incarnation = state.Incarnation,
            Role = told.Role,
            Id = told.Id ?? "",
            Zone = told.Zone ?? "",
            Version = told.Version ?? "",
        };
        shown.ClientUrls.AddRange(told.Urls ?? []);
        return shown;
    }
}
