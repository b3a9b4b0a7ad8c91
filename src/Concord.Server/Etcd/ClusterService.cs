using Concord.Protocol.Etcd;
using Concord.Server.Administration;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>
/// etcd's Cluster service: who the members are. Works on every member; changes go to the leader. Unlike etcd's, a voter that is
/// added gets its vote by itself when it has caught up, so adding never makes a quorum larger before it can be met.
/// </summary>
internal sealed class ClusterService(EtcdStore store, MemberEditor editor) : Protocol.Etcd.Cluster.ClusterBase
{
    public override async Task<MemberListResponse> MemberList(MemberListRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        if (request.Linearizable)
        {
            await TryAsync(() => editor.ListAsync(context.CancellationToken)).ConfigureAwait(false);
        }

        var answer = new MemberListResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());
        return answer;
    }

    public override async Task<MemberAddResponse> MemberAdd(MemberAddRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        var added = await TryAsync(() => editor.ReconfigureAsync(
            [new MemberAddition(request.PeerURLs, request.IsLearner)], [], context.CancellationToken)).ConfigureAwait(false);
        var answer = new MemberAddResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());

        // Null if somebody removed it again meanwhile; then this is what it was.
        answer.Member = answer.Members.FirstOrDefault(member => member.ID == added[0])
            ?? new Member { ID = added[0], PeerURLs = { request.PeerURLs }, IsLearner = request.IsLearner };
        return answer;
    }

    public override async Task<MemberRemoveResponse> MemberRemove(MemberRemoveRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        await TryAsync(() => editor.ReconfigureAsync([], [request.ID], context.CancellationToken)).ConfigureAwait(false);
        var answer = new MemberRemoveResponse { Header = store.Header(0) };
        answer.Members.AddRange(List().Where(member => member.ID != request.ID));
        return answer;
    }

    public override async Task<MemberUpdateResponse> MemberUpdate(MemberUpdateRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        await TryAsync(() => editor.UpdateAsync(request.ID, request.PeerURLs, context.CancellationToken)).ConfigureAwait(false);
        var answer = new MemberUpdateResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());
        return answer;
    }

    public override async Task<MemberPromoteResponse> MemberPromote(MemberPromoteRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        await TryAsync(() => editor.PromoteAsync(request.ID, context.CancellationToken)).ConfigureAwait(false);
        var answer = new MemberPromoteResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());
        return answer;
    }

    private IEnumerable<Member> List() => store.Replica.Members.Select(member =>
    {
        var listed = new Member { ID = member.Id, Name = member.Name, IsLearner = member is { IsLearner: true, BecomesVoter: false } };
        listed.PeerURLs.AddRange(member.PeerUrls);
        listed.ClientURLs.AddRange(member.ClientUrls);
        return listed;
    });

    private static Task<bool> TryAsync(Func<Task> change) => TryAsync(async () =>
    {
        await change().ConfigureAwait(false);
        return true;
    });

    private static async Task<T> TryAsync<T>(Func<Task<T>> change)
    {
        try
        {
            return await change().ConfigureAwait(false);
        }
        catch (MembershipException error)
        {
            throw EtcdErrors.From(error);
        }
        catch (ReplicaException error)
        {
            throw EtcdErrors.From(error);
        }
    }
}
