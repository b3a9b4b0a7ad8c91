using Concord.Client.Kv;
using Concord.Client.Leases;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Coordination;

/// <summary>
/// A place in the queue of a name: the key <c>name/lease</c> (lease in hex), which is the layout of etcd's own locks and elections, so
/// that the two exclude each other. Who came first has the smaller creation revision.
/// </summary>
/// <remarks>
/// The creation revision is also the fencing token. The store gives each change a larger revision than all before it, over all keys and
/// changes of the leader; and who gets the turn later has queued later. So tokens of successive holders only grow, and whatever is
/// guarded can refuse a token that is smaller than one it has seen.
/// <para>Every place has a lease of its own: two tasks of one process are two places, and to leave is to revoke the lease, which is right
/// whether the place was taken, is held, or nobody knows.</para>
/// </remarks>
internal sealed class QueueEntry : IAsyncDisposable
{
    private readonly CoordinationCalls _calls;

    private QueueEntry(CoordinationCalls calls, KeptLease lease, KvBytes key, long createRevision) =>
        (_calls, Lease, Key, CreateRevision) = (calls, lease, key, createRevision);

    public KeptLease Lease { get; }

    public KvBytes Key { get; }

    public long CreateRevision { get; }

    /// <summary>Takes a place at the end. Without a server it fails at once; from the first step on a server may be away as long as the place lives.</summary>
    public static async Task<QueueEntry> JoinAsync(CoordinationCalls calls, string name, KvBytes value, TimeSpan ttl, CancellationToken cancellationToken)
    {
        var lease = await calls.Leases.GrantAsync(ttl, cancellationToken).ConfigureAwait(false);
        try
        {
            KvBytes key = $"{name}/{lease.Id:x}";
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);

            // A second run finds what a first one wrote whose answer was lost.
            var join = calls.Kv.Transaction()
                .When(KvCondition.Absent(key))
                .Then(KvOperation.Put(key, value, new() { Lease = lease.Id }))
                .Else(KvOperation.Get(key));
            var result = await LostTurn.TranslateAsync(
                lease, () => calls.PatientAsync(() => join.CommitAsync(stop.Token), stop.Token), cancellationToken).ConfigureAwait(false);
            var created = result.Results[0] is OperationResult.Read { Pairs: [var pair] } ? pair.CreateRevision : result.Revision;
            return new(calls, lease, key, created);
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The places before this one, nearest first, and the revision at which that is so.</summary>
    /// <param name="limit">At most this many; 0 is all.</param>
    /// <exception cref="ConcordServerException">This place is gone: code "lease_ended".</exception>
    public async Task<(IReadOnlyList<KeyValue> Before, long Revision)> LookAsync(string name, int limit, CancellationToken cancellationToken)
    {
        // Both reads at one revision: whoever is first and still there at that moment has the turn.
        var range = KeyRange.Prefix($"{name}/");
        var request = new Etcd.TxnRequest
        {
            Success =
            {
                new Etcd.RequestOp { RequestRange = new() { Key = Key.ToByteString() } },
                new Etcd.RequestOp
                {
                    RequestRange = new()
                    {
                        Key = range.Start.ToByteString(),
                        RangeEnd = range.End.ToByteString(),
                        MaxCreateRevision = CreateRevision - 1,
                        SortTarget = Etcd.RangeRequest.Types.SortTarget.Create,
                        SortOrder = Etcd.RangeRequest.Types.SortOrder.Descend,
                        Limit = limit,
                    },
                },
            },
        };
        var answer = await _calls.PatientAsync(() => _calls.TransactAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var own = answer.Responses[0].ResponseRange.Kvs;
        if (own.Count == 0 || own[0].CreateRevision != CreateRevision)
            throw LostTurn.Gone(Key);
        return ([.. answer.Responses[1].ResponseRange.Kvs.Select(KeyValue.From)], answer.Header.Revision);
    }

    /// <summary>Leaves the queue, or gives the turn to the next.</summary>
    public ValueTask DisposeAsync() => Lease.DisposeAsync();
}
