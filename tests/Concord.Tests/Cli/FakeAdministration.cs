using System.Buffers;
using Concord.Mvcc;
using Concord.Protocol.V1;
using Concord.Raft;
using Concord.Storage;
using Google.Protobuf;
using Grpc.Core;
using V1 = Concord.Protocol.V1;

namespace Concord.Tests.Cli;

/// <summary>A cluster of three that remembers what it was asked and does what it was told.</summary>
internal sealed class FakeAdministration : V1.Cluster.ClusterBase
{
    public List<ClusterMember> Members { get; } = [Voter(0xa1, "n1"), Voter(0xa2, "n2"), Voter(0xa3, "n3")];

    public ulong Leader { get; set; } = 0xa1;

    public ReconfigureRequest? Asked { get; private set; }

    public RpcException? Refusal { get; set; }

    public SaveSnapshotRequest? Saved { get; private set; }

    /// <summary>What a copy holds.</summary>
    public KeySpace Space { get; } = new();

    /// <summary>What the stream is made to do wrong.</summary>
    public Func<SaveSnapshotResponse, SaveSnapshotResponse?> Damage { get; set; } = part => part;

    public static ClusterMember Voter(ulong id, string name) => new()
    {
        Id = id,
        Name = name,
        PeerUrls = { $"http://10.0.0.{id & 0xf}:2380" },
        ClientUrls = { $"http://10.0.0.{id & 0xf}:2379" },
    };

    public override Task<ListMembersResponse> ListMembers(ListMembersRequest request, ServerCallContext context) =>
        Refusal is not null ? throw Refusal : Task.FromResult(new ListMembersResponse { ClusterId = 0xc1, LeaderId = Leader, Members = { Members } });

    public override Task<ReconfigureResponse> Reconfigure(ReconfigureRequest request, ServerCallContext context)
    {
        Asked = request;
        var answer = new ReconfigureResponse();
        Members.RemoveAll(member => request.Remove.Contains(member.Id));
        foreach (var one in request.Add)
        {
            var id = 0xb0UL + (ulong)answer.Added.Count;
            answer.Added.Add(id);
            Members.Add(new() { Id = id, PeerUrls = { one.PeerUrls }, IsLearner = true, BecomesVoter = !one.IsLearner, Replaces = one.Replaces });
        }

        answer.Members.AddRange(Members);
        return Task.FromResult(answer);
    }

    public override async Task SaveSnapshot(SaveSnapshotRequest request, IServerStreamWriter<SaveSnapshotResponse> responseStream, ServerCallContext context)
    {
        Saved = request;
        var membership = MembershipCodec.Encode(Membership.Of(new MemberId(0xa1)));
        var bytes = new ArrayBufferWriter<byte>();
        var view = Space.Publish();
        var writer = new KeySpaceSnapshotWriter(view);
        while (writer.WriteNext(bytes, 100))
        {
        }

        var body = bytes.WrittenMemory;
        await SendAsync(new()
        {
            Header = new()
            {
                ClusterId = 0xc1,
                MemberId = 0xa1,
                MemberName = "n1",
                Index = 9,
                Term = 2,
                Revision = view.Revision,
                Membership = ByteString.CopyFrom(membership),
            },
        });
        for (var at = 0; at < body.Length; at += 100)
            await SendAsync(new() { Data = ByteString.CopyFrom(body.Span[at..Math.Min(at + 100, body.Length)]) });
        await SendAsync(new() { End = new() { Bytes = body.Length, Crc32C = Crc32C.Compute(body.Span) } });

        async Task SendAsync(SaveSnapshotResponse part)
        {
            if (Damage(part) is { } sent)
                await responseStream.WriteAsync(sent);
        }
    }
}
