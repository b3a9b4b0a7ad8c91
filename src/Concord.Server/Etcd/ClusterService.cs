using Concord.Node;
using Concord.Protocol.Etcd;
using Concord.Raft;
using Concord.Server.Cluster;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Cluster service: who the members are.</summary>
internal sealed class ClusterService(EtcdStore store) : Protocol.Etcd.Cluster.ClusterBase
{
    public override async Task<MemberListResponse> MemberList(MemberListRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        if (request.Linearizable)
        {
            // The list is this member's; a read through the quorum proves that the member is up to date.
            await store.ReadAsync(serializable: false, context.CancellationToken).ConfigureAwait(false);
        }

        var answer = new MemberListResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());
        return answer;
    }

    public override async Task<MemberAddResponse> MemberAdd(MemberAddRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        string[] urls = [.. request.PeerURLs.Select(Checked)];
        if (urls.Length == 0 || urls.Distinct().Count() != urls.Length)
        {
            throw EtcdErrors.MemberBadUrls();
        }

        if (store.Replica.Members.Any(member => member.PeerUrls.Intersect(urls).Any()))
        {
            throw EtcdErrors.PeerUrlExists();
        }

        var id = MemberFounding.NewId(urls);

        // Every member begins as a learner. A voter that has not caught up, or is not even started, would count without helping.
        var info = new MemberInfo("", urls, [], BecomesVoter: !request.IsLearner);
        await ChangeAsync([new(MemberChangeKind.AddLearner, id)], new() { [id] = info }, context).ConfigureAwait(false);
        var answer = new MemberAddResponse { Header = store.Header(0), Member = List().FirstOrDefault(member => member.ID == id.Value) };
        if (answer.Member is null)
        {
            // Committed by the leader, not applied here yet.
            answer.Member = new Member { ID = id.Value, IsLearner = request.IsLearner };
            answer.Member.PeerURLs.AddRange(urls);
            answer.Members.Add(answer.Member);
        }

        answer.Members.AddRange(List());
        return answer;
    }

    public override async Task<MemberRemoveResponse> MemberRemove(MemberRemoveRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        Find(request.ID);
        await ChangeAsync([new(MemberChangeKind.Remove, new(request.ID))], [], context).ConfigureAwait(false);
        var answer = new MemberRemoveResponse { Header = store.Header(0) };
        answer.Members.AddRange(List().Where(member => member.ID != request.ID));
        return answer;
    }

    public override async Task<MemberUpdateResponse> MemberUpdate(MemberUpdateRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        var member = Find(request.ID);
        string[] urls = [.. request.PeerURLs.Select(Checked)];
        if (urls.Length == 0)
        {
            throw EtcdErrors.MemberBadUrls();
        }

        if (store.Replica.Members.Any(other => other.Id != member.Id && other.PeerUrls.Intersect(urls).Any()))
        {
            throw EtcdErrors.PeerUrlExists();
        }

        await ChangeAsync([], new() { [new(member.Id)] = new MemberInfo(member.Name, urls, member.ClientUrls, member.BecomesVoter) }, context).ConfigureAwait(false);
        var answer = new MemberUpdateResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());
        return answer;
    }

    public override async Task<MemberPromoteResponse> MemberPromote(MemberPromoteRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        if (!Find(request.ID).IsLearner)
        {
            throw EtcdErrors.MemberNotLearner();
        }

        await ChangeAsync([new(MemberChangeKind.AddVoter, new(request.ID))], [], context).ConfigureAwait(false);
        var answer = new MemberPromoteResponse { Header = store.Header(0) };
        answer.Members.AddRange(List());
        return answer;
    }

    private ClusterMember Find(ulong id) =>
        store.Replica.Members.FirstOrDefault(member => member.Id == id) ?? throw EtcdErrors.MemberNotFound();

    private IEnumerable<Member> List() => store.Replica.Members.Select(member =>
    {
        var listed = new Member { ID = member.Id, Name = member.Name, IsLearner = member is { IsLearner: true, BecomesVoter: false } };
        listed.PeerURLs.AddRange(member.PeerUrls);
        listed.ClientURLs.AddRange(member.ClientUrls);
        return listed;
    });

    private async Task ChangeAsync(MemberChange[] changes, Dictionary<MemberId, MemberInfo> info, ServerCallContext context)
    {
        try
        {
            await store.Replica.ChangeMembershipAsync(changes, info, context.CancellationToken).ConfigureAwait(false);
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }
    }

    private static string Checked(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" && parsed.PathAndQuery == "/" && parsed.Port > 0
            ? FlagValue.Show(parsed)
            : throw EtcdErrors.MemberBadUrls();
}
