using Concord.Protocol.Etcd;
using Concord.Server.Auth;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Watch service: one session per stream, each with any number of watches.</summary>
internal sealed class WatchService(EtcdStore store, CallerDesk callers, LeaderMonitor leader, IHostApplicationLifetime lifetime) : Protocol.Etcd.Watch.WatchBase
{
    public override async Task Watch(IAsyncStreamReader<WatchRequest> requestStream, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context)
    {
        store.CheckLeader(context);
        var leaderLost = EtcdStore.RequiresLeader(context) ? leader.Lost : CancellationToken.None;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, leaderLost, lifetime.ApplicationStopping);
        using var session = new WatchSession(store, context.GetHttpContext().Response.BodyWriter, () => callers.IdentifyAsync(context.GetHttpContext()));
        try
        {
            await session.RunAsync(requestStream, ending).ConfigureAwait(false);
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }
        catch (IOException)
        {
            // The client has reset the stream: nobody is there to be told, and no fault of this server's is to be logged.
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested && ending.IsCancellationRequested)
        {
            throw leaderLost.IsCancellationRequested ? EtcdErrors.NoLeader() : EtcdErrors.Stopped();
        }
    }
}
