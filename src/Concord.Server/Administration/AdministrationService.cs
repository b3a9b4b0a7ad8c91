using Concord.Protocol.V1;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Administration;

/// <summary>concord.v1's Cluster service.</summary>
internal sealed class AdministrationService(LocalReplica replica, MemberEditor editor) : Protocol.V1.Cluster.ClusterBase
{
    public override async Task<ListMembersResponse> ListMembers(ListMembersRequest request, ServerCallContext context)
    {
        var members = await TryAsync(() => editor.ListAsync(context.CancellationToken), "See 'concord cluster status'.").ConfigureAwait(false);
        var status = replica.Status;
        var answer = new ListMembersResponse { ClusterId = status.ClusterId, LeaderId = status.LeaderId };
        answer.Members.AddRange(members.Select(Show));
        return answer;
    }

    public override async Task<ReconfigureResponse> Reconfigure(ReconfigureRequest request, ServerCallContext context)
    {
        MemberAddition[] add = [.. request.Add.Select(one => new MemberAddition(one.PeerUrls, one.IsLearner, one.Replaces))];
        var added = await TryAsync(
            () => editor.ReconfigureAsync(add, request.Remove, context.CancellationToken), "List the members before you repeat the change.").ConfigureAwait(false);
        var answer = new ReconfigureResponse { LeaderId = replica.Status.LeaderId };
        answer.Added.AddRange(added);
        answer.Members.AddRange(replica.Members.Where(member => !request.Remove.Contains(member.Id)).Select(Show));
        return answer;
    }

    public override async Task SaveSnapshot(
        SaveSnapshotRequest request, IServerStreamWriter<SaveSnapshotResponse> responseStream, ServerCallContext context)
    {
        if (!request.Local)
        {
            // What was acknowledged before the call is in the copy then.
            await TryAsync(
                () => replica.ReadAsync(context.CancellationToken).AsTask(),
                "'concord snapshot save --local' takes what this member has, without a majority.").ConfigureAwait(false);
        }

        await SnapshotStream.SendAsync(replica, responseStream, context.CancellationToken).ConfigureAwait(false);
    }

    private static Protocol.V1.ClusterMember Show(Replica.ClusterMember member)
    {
        var shown = new Protocol.V1.ClusterMember
        {
            Id = member.Id,
            Name = member.Name,
            IsLearner = member.IsLearner,
            BecomesVoter = member is { IsLearner: true, BecomesVoter: true },
            Replaces = member.Replaces,
        };
        shown.PeerUrls.AddRange(member.PeerUrls);
        shown.ClientUrls.AddRange(member.ClientUrls);
        return shown;
    }

    private static async Task<T> TryAsync<T>(Func<Task<T>> action, string afterSilence)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (MembershipException error)
        {
            throw AdministrationErrors.Of(error);
        }
        catch (ReplicaException error)
        {
            throw AdministrationErrors.Of(error, afterSilence);
        }
    }
}
