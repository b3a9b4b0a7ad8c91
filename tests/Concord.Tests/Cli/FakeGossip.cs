using System.Text;
using Concord.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Tests.Cli;

/// <summary>A group of three, one of them cut off: it keeps keys, and has one story of events to tell.</summary>
internal sealed class FakeGossip : Protocol.V1.Gossip.GossipBase
{
    private readonly List<string> _keys = ["5d41402abc4b2a76"];

    public List<(string Name, string Payload)> Sent { get; } = [];

    public override Task<ListGossipMembersResponse> ListGossipMembers(ListGossipMembersRequest request, ServerCallContext context) => Task.FromResult(new ListGossipMembersResponse
    {
        From = "n1",
        ClusterId = 0xc1,
        Encrypted = true,
        Members =
        {
            new GossipMember { Name = "host-7", Address = "10.0.1.7:7946", Status = GossipStatus.Suspect, Role = "agent", Zone = "eu-1", Version = "0.1.0" },
            new GossipMember { Name = "n1", Address = "10.0.0.1:7946", Status = GossipStatus.Alive, Role = "server", Id = "a1", Zone = "eu-1", Version = "0.1.0", ClientUrls = { "http://10.0.0.1:2379" } },
            new GossipMember { Name = "n2", Address = "10.0.0.2:7946", Status = GossipStatus.Dead, Role = "server", Id = "a2", Version = "0.1.0", ClientUrls = { "http://10.0.0.2:2379", "http://n2:2379" } },
        },
    });

    public override Task<SendEventResponse> SendEvent(SendEventRequest request, ServerCallContext context)
    {
        if (request.Name.Length > 64)
            throw FakeConcord.Refusal(StatusCode.InvalidArgument, new() { Code = "invalid_request", Message = "The name has 65 bytes; at most 64 are allowed.", Field = "name", Remedy = "Choose a shorter name." });
        Sent.Add((request.Name, request.Payload.ToStringUtf8()));
        return Task.FromResult(new SendEventResponse());
    }

    public override async Task WatchEvents(WatchEventsRequest request, IServerStreamWriter<WatchEventsResponse> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new());
        WatchEventsResponse[] story =
        [
            new() { Name = "deploy", Payload = ByteString.CopyFrom("orders 1.4.2", Encoding.UTF8), Origin = "n1", Time = 7 },
            new() { Name = "alarm", Payload = ByteString.CopyFrom(0xff, 0x00), Origin = "n2", Time = 8 },
            new() { Name = "deploy", Payload = ByteString.CopyFrom("last", Encoding.UTF8), Origin = "n1", Time = 9 },
        ];
        foreach (var one in story.Where(one => request.Names.Count == 0 || request.Names.Contains(one.Name)))
            await responseStream.WriteAsync(one);
        await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override Task<ChangeKeyringResponse> ChangeKeyring(ChangeKeyringRequest request, ServerCallContext context)
    {
        switch (request.Operation)
        {
            case KeyringOperation.Add:
                _keys.Add("0cc175b9c0f1b6a8");
                break;
            case KeyringOperation.Use when !_keys.Contains(request.Fingerprint):
                throw FakeConcord.Refusal(StatusCode.FailedPrecondition, new() { Code = "not_found", Message = $"n1 has no key {request.Fingerprint}.", Field = "fingerprint", Remedy = "Add it first." });
            case KeyringOperation.Use:
                _keys.Remove(request.Fingerprint);
                _keys.Insert(0, request.Fingerprint);
                break;
            case KeyringOperation.Remove:
                _keys.Remove(request.Fingerprint);
                break;
        }

        var other = new ChangeKeyringResponse.Types.MemberKeyring { Member = "n2" };
        if (request.Operation == KeyringOperation.Remove)
            other.Error = "it did not answer";
        else
            other.Fingerprints.Add(_keys);
        return Task.FromResult(new ChangeKeyringResponse { Members = { new ChangeKeyringResponse.Types.MemberKeyring { Member = "n1", Fingerprints = { _keys } }, other } });
    }
}
