using System.Runtime.CompilerServices;
using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>The keys and values of the store: reads, writes, compare-and-swap, transactions and watches.</summary>
/// <remarks>
/// Every call throws <see cref="ConcordServerException"/> when the server says no and
/// <see cref="ConcordUnavailableException"/> when no endpoint answers. What may be missing in the normal course (a key, a
/// lost swap) is a result.
/// </remarks>
public sealed class KvClient
{
    private readonly Etcd.KV.KVClient _kv;
    private readonly WatchStream _watches;

    internal KvClient(CallInvoker invoker, WatchStream watches) => (_kv, _watches) = (new(invoker), watches);

    /// <summary>The pair, or null if the key does not exist (at that revision).</summary>
    public async Task<KeyValue?> GetAsync(
        KvBytes key,
        ReadOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        var request = KvRequests.Range(
            KeyRange.Single(key), new() { Revision = options.Revision, Serializable = options.Serializable });
        var response = await _kv.RangeAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.Kvs.Count == 0 ? null : KeyValue.From(response.Kvs[0]);
    }

    public IAsyncEnumerable<KeyValue> GetPrefixAsync(
        KvBytes prefix,
        RangeOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RangeAsync(KeyRange.Prefix(prefix), options, cancellationToken);

    /// <summary>
    /// The pairs of a range in byte order of the key, all as of one revision. They come in pages, so a range may be larger
    /// than memory; if the revision is compacted before the last page the enumeration ends with
    /// <see cref="ConcordServerException"/>.
    /// </summary>
    public async IAsyncEnumerable<KeyValue> RangeAsync(
        KeyRange range,
        RangeOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pages = new RangePages(_kv, range, options ?? new());
        while (await pages.NextAsync(cancellationToken).ConfigureAwait(false) is { } page)
        {
            foreach (var pair in page)
                yield return pair;
        }
    }

    /// <summary>How many keys a range holds.</summary>
    public async Task<long> CountAsync(
        KeyRange range,
        ReadOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        var request = KvRequests.Range(range, new() { Revision = options.Revision, Serializable = options.Serializable });
        request.CountOnly = true;
        var response = await _kv.RangeAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.Count;
    }

    public async Task<PutResult> PutAsync(
        KvBytes key,
        KvBytes value,
        PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var request = KvRequests.Put(key, value, options ?? new());
        var response = await _kv.PutAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return new(response.Header.Revision, response.PrevKv is { } previous ? KeyValue.From(previous) : null);
    }

    public async Task<DeleteResult> DeleteAsync(
        KeyRange range,
        bool returnPrevious = false,
        CancellationToken cancellationToken = default)
    {
        var request = KvRequests.Delete(range, returnPrevious);
        var response = await _kv.DeleteRangeAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return new(response.Header.Revision, response.Deleted, [.. response.PrevKvs.Select(KeyValue.From)]);
    }

    /// <summary>Writes only if the key was last changed at this revision; 0 means only if it does not exist.</summary>
    public async Task<SwapResult> CompareAndSwapAsync(
        KvBytes key,
        long expectedModRevision,
        KvBytes value,
        PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var result = await Transaction()
            .When(KvCondition.ModRevision(key, Comparison.Equal, expectedModRevision))
            .Then(KvOperation.Put(key, value, options))
            .Else(KvOperation.Get(key))
            .CommitAsync(cancellationToken).ConfigureAwait(false);
        var current = result.Results[0] is OperationResult.Read { Pairs: [var pair] } ? pair : null;
        return new(result.Succeeded, result.Revision, current);
    }

    /// <summary>Deletes the key only if it was last changed at this revision.</summary>
    public async Task<DeleteIfResult> CompareAndDeleteAsync(KvBytes key, long expectedModRevision, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(expectedModRevision);
        var result = await Transaction()
            .When(KvCondition.ModRevision(key, Comparison.Equal, expectedModRevision))
            .Then(KvOperation.Delete(KeyRange.Single(key)))
            .Else(KvOperation.Get(key))
            .CommitAsync(cancellationToken).ConfigureAwait(false);
        var current = result.Results[0] is OperationResult.Read { Pairs: [var pair] } ? pair : null;
        return new(result.Succeeded, result.Revision, current);
    }

    /// <summary>Begins a transaction; nothing happens before it is committed.</summary>
    public KvTransaction Transaction() => new(_kv);

    /// <summary>
    /// The changes of a range as they happen: in order, none twice, none missed, all of one revision together. The watch survives lost
    /// connections and goes on from the revision it had reached. If that revision is compacted meanwhile it lists the range anew
    /// and says so with <see cref="KvWatchEvent.Relisted"/>. It ends when cancelled, or with <see cref="ConcordServerException"/> when
    /// the server refuses it.
    /// </summary>
    /// <remarks>All watches of a client share one stream. A consumer that is slow delays its own watch alone: some 1,000 revisions or
    /// 4 MiB wait for it here, the rest in the server's history.</remarks>
    public async IAsyncEnumerable<KvWatchEvent> WatchAsync(
        KeyRange range,
        WatchOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(options.StartRevision);
        using var watch = _watches.Add(this, range, options);
        while (true)
            yield return await watch.NextAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A whole range at one revision, for a watch that has to start anew.</summary>
    internal async Task<(long Revision, IReadOnlyList<KeyValue> Pairs)> ListAsync(
        KeyRange range,
        CancellationToken cancellationToken)
    {
        var pages = new RangePages(_kv, range, new());
        var pairs = new List<KeyValue>();
        while (await pages.NextAsync(cancellationToken).ConfigureAwait(false) is { } page)
        {
            pairs.AddRange(page);
        }

        return (pages.Revision, pairs);
    }
}
