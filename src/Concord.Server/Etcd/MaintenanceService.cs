using Concord.EtcdBackend;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Maintenance service.</summary>
internal sealed class MaintenanceService(EtcdStore store, Downgrades downgrades, ServerOptions options) : Maintenance.MaintenanceBase
{
    private const string NoLeaderText = "etcdserver: no leader";

    /// <summary>As etcd prints the kind of alarm.</summary>
    private const string NoSpaceName = "NOSPACE";

    /// <summary>What an empty store holds, roughly: roots and tables. Clients take a size of zero for "no answer".</summary>
    private const long EmptyStoreBytes = 4096;

    /// <summary>What etcd says where nothing was compacted yet.</summary>
    private const long NeverCompacted = -1;

    /// <summary>Compactions are seconds apart at least, and a hash takes less.</summary>
    private const int HashAttempts = 3;

    public static long SizeOf(ReplicaStatus status) => EmptyStoreBytes + status.SizeBytes;

    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context)
    {
        var status = store.Replica.Status;
        var answer = new StatusResponse
        {
            Header = store.Header(store.Replica.View.Revision),
            Version = ServerVersion.EtcdApi,
            StorageVersion = ServerVersion.Answer.EtcdCluster,
            DbSize = SizeOf(status),
            DbSizeInUse = SizeOf(status),
            Leader = status.LeaderId,
            RaftIndex = (ulong)status.CommitIndex,
            RaftTerm = (ulong)status.Term,
            RaftAppliedIndex = (ulong)status.AppliedIndex,
            IsLearner = status.IsLearner,
            DbSizeQuota = options.QuotaBackendBytes,
            DowngradeInfo = downgrades.Info,
        };
        if (status.LeaderId == 0)
        {
            answer.Errors.Add(NoLeaderText);
        }

        answer.Errors.AddRange(Alarms().Select(alarm => $"memberID:{alarm.MemberID} alarm:{NoSpaceName} "));
        return Task.FromResult(answer);
    }

    /// <summary>
    /// An alarm is a fact here and no switch: NOSPACE is there while this member's key space is above the quota and refuses what makes it grow, and
    /// goes when deleting and compacting has made room. So it needs no disarming, and disarming does not help. (A member
    /// whose data is not the others' stops; there is nobody left to raise CORRUPT.)
    /// </summary>
    public override Task<AlarmResponse> Alarm(AlarmRequest request, ServerCallContext context)
    {
        if (request.Action != AlarmRequest.Types.AlarmAction.Get)
        {
            EtcdStore.Require(store.Replica.View.Auth.Identify(store.Enter(context), out var rights));
            EtcdStore.Require(rights!.IsRoot ? StoreError.None : StoreError.PermissionDenied);
        }

        var answer = new AlarmResponse { Header = store.Header(store.Replica.View.Revision) };
        switch (request.Action)
        {
            case AlarmRequest.Types.AlarmAction.Get:
                answer.Alarms.AddRange(Alarms().Where(alarm => request.Alarm == AlarmType.None || request.Alarm == alarm.Alarm));
                break;
            case AlarmRequest.Types.AlarmAction.Deactivate:
                // The answer lists what was switched off.
                break;
            default:
                throw EtcdErrors.Unimplemented("etcdserver: alarms cannot be raised by hand");
        }

        return Task.FromResult(answer);
    }

    /// <summary>The key space lives in memory and its files are rewritten by snapshots: there is nothing to do.</summary>
    public override Task<DefragmentResponse> Defragment(DefragmentRequest request, ServerCallContext context) =>
        Task.FromResult(new DefragmentResponse());

    public override Task<HashResponse> Hash(HashRequest request, ServerCallContext context)
    {
        var view = store.Replica.View;
        return Task.FromResult(new HashResponse { Header = store.Header(view.Revision), Hash = Hash(view, view.Revision) });
    }

    public override Task<HashKVResponse> HashKV(HashKVRequest request, ServerCallContext context)
    {
        for (var attempt = 1; ; attempt++)
        {
            var view = store.Replica.View;
            var revision = request.Revision <= 0 ? view.Revision : request.Revision;
            var error = RevisionHash.Of(view, revision, out var hash);
            if (error == StoreError.None)
            {
                return Task.FromResult(new HashKVResponse
                {
                    Header = store.Header(view.Revision),
                    Hash = hash,
                    CompactRevision = view.CompactedRevision == 0 ? NeverCompacted : view.CompactedRevision,
                    HashRevision = revision,
                });
            }

            // The newest revision cannot be compacted: a compaction overtook the reading, and its state is there to read.
            if (request.Revision > 0 || error != StoreError.Compacted || attempt == HashAttempts)
            {
                throw EtcdErrors.From(error);
            }
        }
    }

    public override Task Snapshot(SnapshotRequest request, IServerStreamWriter<SnapshotResponse> responseStream, ServerCallContext context) =>
        BackendStream.SendAsync(store.Replica, responseStream, context.CancellationToken);

    public override Task<DowngradeResponse> Downgrade(DowngradeRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        return downgrades.RequestAsync(caller, request, context.CancellationToken);
    }

    public override async Task<MoveLeaderResponse> MoveLeader(MoveLeaderRequest request, ServerCallContext context)
    {
        var status = store.Replica.Status;
        if (status.LeaderId != status.MemberId)
        {
            throw EtcdErrors.NotLeader();
        }

        if (request.TargetID != status.MemberId)
        {
            try
            {
                await store.Replica.HandOverAsync(request.TargetID, context.CancellationToken).ConfigureAwait(false);
            }
            catch (ReplicaException exception)
            {
                throw EtcdErrors.From(exception);
            }
        }

        return new MoveLeaderResponse();
    }

    private IEnumerable<AlarmMember> Alarms() => store.Replica.IsOverQuota
        ? [new AlarmMember { MemberID = store.Replica.Status.MemberId, Alarm = AlarmType.Nospace }]
        : [];

    private static uint Hash(KeySpaceView view, long revision)
    {
        var error = view.Hash(revision, out var hash);
        return error == StoreError.None ? hash : throw EtcdErrors.From(error);
    }
}
