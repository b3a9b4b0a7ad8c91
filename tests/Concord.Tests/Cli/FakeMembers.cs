using Concord.Protocol.Etcd;
using Grpc.Core;

namespace Concord.Tests.Cli;

internal sealed class FakeMaintenance : Maintenance.MaintenanceBase
{
    public StatusResponse Answer { get; set; } = new()
    {
        Header = new() { ClusterId = 0xc1, MemberId = 0xa1, Revision = 42 },
        Version = "3.6.0",
        Leader = 0xa1,
        RaftTerm = 7,
        RaftAppliedIndex = 99,
        DbSize = 3 * 1024 * 1024,
        DbSizeInUse = 1024,
        DbSizeQuota = 8L << 30,
    };

    public ulong? MovedTo { get; private set; }

    public override Task<MoveLeaderResponse> MoveLeader(MoveLeaderRequest request, ServerCallContext context)
    {
        MovedTo = request.TargetID;
        return Task.FromResult(new MoveLeaderResponse());
    }

    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) => Task.FromResult(Answer);
}

internal sealed class FakeCluster : Cluster.ClusterBase
{
    public ulong? Promoted { get; private set; }

    public override Task<MemberPromoteResponse> MemberPromote(MemberPromoteRequest request, ServerCallContext context)
    {
        Promoted = request.ID;
        return Task.FromResult(new MemberPromoteResponse());
    }

    public override Task<MemberListResponse> MemberList(MemberListRequest request, ServerCallContext context) =>
        Task.FromResult(new MemberListResponse { Members = { new Member { ID = 0xa1, Name = "one" }, new Member { ID = 0xa2, Name = "two" } } });
}
