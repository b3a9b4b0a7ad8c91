using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Maintenance service.</summary>
internal sealed class MaintenanceService(EtcdStore store) : Maintenance.MaintenanceBase
{
    private const string NoLeaderText = "etcdserver: no leader";

    /// <summary>What an empty store holds, roughly: roots and tables. Clients take a size of zero for "no answer".</summary>
    private const long EmptyStoreBytes = 4096;

    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context)
    {
        var status = store.Replica.Status;
        var answer = new StatusResponse
        {
            Header = store.Header(store.Replica.View.Revision),
            Version = ServerVersion.EtcdApi,
            StorageVersion = ServerVersion.Answer.EtcdCluster,
            DbSize = EmptyStoreBytes + status.SizeBytes,
            DbSizeInUse = EmptyStoreBytes + status.SizeBytes,
            Leader = status.LeaderId,
            RaftIndex = (ulong)status.CommitIndex,
            RaftTerm = (ulong)status.Term,
            RaftAppliedIndex = (ulong)status.AppliedIndex,
            IsLearner = status.IsLearner,
            DowngradeInfo = new DowngradeInfo(),
        };
        if (status.LeaderId == 0)
        {
            answer.Errors.Add(NoLeaderText);
        }

        return Task.FromResult(answer);
    }

    /// <summary>
    /// No alarm is ever raised here: a full quota refuses writes by itself and ends by itself. So there is none to list
    /// and none to clear.
    /// </summary>
    public override Task<AlarmResponse> Alarm(AlarmRequest request, ServerCallContext context)
    {
        if (request.Action != AlarmRequest.Types.AlarmAction.Get)
        {
            EtcdStore.Require(store.Replica.View.Auth.Identify(store.Enter(context), out var rights));
            EtcdStore.Require(rights!.IsRoot ? StoreError.None : StoreError.PermissionDenied);
        }

        if (request.Action == AlarmRequest.Types.AlarmAction.Activate)
        {
            throw EtcdErrors.Unimplemented("etcdserver: alarms cannot be raised by hand");
        }

        return Task.FromResult(new AlarmResponse { Header = store.Header(store.Replica.View.Revision) });
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
        var view = store.Replica.View;
        var revision = request.Revision <= 0 ? view.Revision : request.Revision;
        return Task.FromResult(new HashKVResponse
        {
            Header = store.Header(view.Revision),
            Hash = Hash(view, revision),
            CompactRevision = view.CompactedRevision,
            HashRevision = revision,
        });
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

    private static uint Hash(KeySpaceView view, long revision)
    {
        var error = view.Hash(revision, out var hash);
        return error == StoreError.None ? hash : throw EtcdErrors.From(error);
    }
}
