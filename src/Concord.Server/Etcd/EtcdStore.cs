using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>The replica as the etcd services use it: etcd's headers, and etcd's errors instead of the replica's.</summary>
internal sealed class EtcdStore(LocalReplica replica, EtcdLimits limits)
{
    private const string RequireLeaderHeader = "hasleader";

    public LocalReplica Replica { get; } = replica;

    public EtcdLimits Limits { get; } = limits;

    /// <param name="revision">0 where the call has nothing to do with the key space.</param>
    public ResponseHeader Header(long revision)
    {
        var status = Replica.Status;
        return new ResponseHeader
        {
            ClusterId = status.ClusterId,
            MemberId = status.MemberId,
            RaftTerm = (ulong)status.Term,
            Revision = revision,
        };
    }

    /// <summary>Refuses a call that asks for a leader when there is none.</summary>
    public void CheckLeader(ServerCallContext context)
    {
        // The headers cost more to look at than the leader, and there nearly always is one.
        if (Replica.Status.LeaderId == 0 && RequiresLeader(context))
        {
            throw EtcdErrors.NoLeader();
        }
    }

    public static bool RequiresLeader(ServerCallContext context) =>
        context.GetHttpContext().Request.Headers.TryGetValue(RequireLeaderHeader, out var value) && value == "true";

    public async ValueTask<KeySpaceView> ReadAsync(bool serializable, CancellationToken cancellation)
    {
        if (serializable)
        {
            return Replica.View;
        }

        try
        {
            return await Replica.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }
    }

    /// <summary>Sends a command through the log. The result is that of a success.</summary>
    public async ValueTask<CommandResult> ProposeAsync(Command command, CancellationToken cancellation)
    {
        CommandResult result;
        try
        {
            result = await Replica.ProposeAsync(command, cancellation).ConfigureAwait(false);
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }

        return result.IsOk ? result : throw EtcdErrors.From(result.Error);
    }

    public async ValueTask<(TransactionResult Result, long Revision)> WriteAsync(TransactionOperation transaction, CancellationToken cancellation)
    {
        var result = await ProposeAsync(new WriteCommand(transaction), cancellation).ConfigureAwait(false);
        return ((TransactionResult)result.Result!, result.Revision);
    }
}
