using System.Globalization;
using System.Text;
using Concord.Mvcc;
using Concord.Server.Replica;

namespace Concord.Server.Etcd;

/// <summary>
/// The queue behind locks and elections, in the form that etcd's clients use themselves, so that both meet in one queue:
/// each waiter owns the key prefix + lease in hex, and the key with the lowest create revision is at the head. Everyone
/// waits for the one before it only, so an end wakes one waiter.
/// </summary>
internal sealed class LeaseQueue(EtcdStore store, ReadOnlyMemory<byte> name)
{
    private readonly byte[] _prefix = [.. name.Span, (byte)'/'];

    public KeyRange Range => KeyRange.Prefix(_prefix);

    public byte[] KeyOf(LeaseId lease) => [.. _prefix, .. Encoding.ASCII.GetBytes(lease.Value.ToString("x", CultureInfo.InvariantCulture))];

    /// <summary>The head of the queue in one read.</summary>
    public static RangeOperation Head(KeyRange range) =>
        new(range) { SortTarget = SortTarget.CreateRevision, SortOrder = SortOrder.Ascend, Limit = 1 };

    /// <summary>Returns when no key created before <paramref name="createRevision"/> is left; the revision seen then.</summary>
    public async Task<long> WaitForTurnAsync(long createRevision, CancellationToken cancellation)
    {
        var before = new RangeOperation(Range)
        {
            SortTarget = SortTarget.CreateRevision,
            SortOrder = SortOrder.Descend,
            Limit = 1,
            MaxCreateRevision = createRevision - 1,
        };
        while (true)
        {
            var view = await store.ReadAsync(serializable: false, cancellation).ConfigureAwait(false);
            var error = view.Range(before, out var result);
            if (error != StoreError.None)
            {
                throw EtcdErrors.From(error);
            }

            if (result!.Items.Count == 0)
            {
                return view.Revision;
            }

            await WaitForDeleteAsync(result.Items[0].Key, view.Revision + 1, cancellation).ConfigureAwait(false);
        }
    }

    /// <exception cref="ReplicaException">The server stops.</exception>
    private async Task WaitForDeleteAsync(ReadOnlyMemory<byte> key, long fromRevision, CancellationToken cancellation)
    {
        using var stream = store.Replica.Watches.OpenStream();
        stream.Create(new WatchOptions(KeyRange.Single(key), fromRevision, NoPut: true));

        // After a compaction that overtook the watch the caller looks again, as after the deletion.
        WatchNotice notice;
        do
        {
            notice = await stream.ReadAsync(cancellation).ConfigureAwait(false);
        }
        while (notice is not (WatchNotice.Events or WatchNotice.Canceled));
    }
}
