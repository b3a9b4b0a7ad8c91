using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Concord.Server.Auth;
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
    public void CheckLeader(ServerCallContext context) => CheckLeader(context.GetHttpContext());

    private void CheckLeader(HttpContext http)
    {
        // The headers cost more to look at than the leader, and there nearly always is one.
        if (Replica.LeaderId == 0 && RequiresLeader(http))
        {
            throw EtcdErrors.NoLeader();
        }
    }

    /// <summary>As <see cref="CheckLeader(ServerCallContext)"/>, and tells on whose behalf the call is made; null while access is not checked.</summary>
    public Caller? Enter(ServerCallContext context) => Enter(context.GetHttpContext());

    public Caller? Enter(HttpContext http)
    {
        CheckLeader(http);
        return Replica.View.Auth.IsEnabled ? http.Caller() : null;
    }

    /// <exception cref="RpcException">The store refused the range.</exception>
    public RangeResult Range(KeySpaceView view, RangeOperation operation)
    {
        Replica.Metrics.Reads.Add(ReplicaMetrics.Ranges);
        var error = view.Range(operation, out var result);
        return error == StoreError.None ? result! : throw EtcdErrors.From(error);
    }

    /// <summary>Refuses what the state that is answered from does not allow.</summary>
    public static void Require(StoreError access)
    {
        if (access != StoreError.None)
        {
            throw EtcdErrors.From(access);
        }
    }

    /// <summary>
    /// Refuses what is not allowed now. This member may not have heard of a right yet, so a refusal is made only in a state that
    /// holds everything acknowledged before.
    /// </summary>
    public async ValueTask RequireAsync(Func<KeySpaceView, StoreError> access, CancellationToken cancellation)
    {
        if (access(Replica.View) != StoreError.None)
        {
            Require(access(await ReadAsync(serializable: false, cancellation).ConfigureAwait(false)));
        }
    }

    public static bool RequiresLeader(ServerCallContext context) => RequiresLeader(context.GetHttpContext());

    private static bool RequiresLeader(HttpContext http) => http.Request.Headers.TryGetValue(RequireLeaderHeader, out var value) && value == "true";

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
    /// <remarks>
    /// Whether its caller may is decided when it is applied. What is not allowed now is kept out of the log, unless it is just
    /// this member that does not know better.
    /// </remarks>
    public async ValueTask<CommandResult> ProposeAsync(Command command, CancellationToken cancellation)
    {
        if (Replica.View.CheckAccess(command) != StoreError.None)
        {
            var view = await ReadAsync(serializable: false, cancellation).ConfigureAwait(false);
            Require(view.CheckAccess(command));
        }

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

    public async ValueTask<(TransactionResult Result, long Revision)> WriteAsync(Caller? caller, TransactionOperation transaction, CancellationToken cancellation)
    {
        var result = await ProposeAsync(new WriteCommand(transaction) { Caller = caller }, cancellation).ConfigureAwait(false);
        return ((TransactionResult)result.Result!, result.Revision);
    }
}
