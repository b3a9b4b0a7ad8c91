using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>
/// Reads a range page by page at the revision of the first page. The protocol limits pages by keys, not bytes, so the
/// limit follows the size of the pairs seen so far: a page aims at 1 MiB, whether values have ten bytes or a million.
/// </summary>
internal sealed class RangePages(Etcd.KV.KVClient kv, KeyRange range, RangeOptions options)
{
    /// <summary>Large enough that the round trip does not matter, small enough for any receive limit.</summary>
    private const long PageBytesTarget = 1 << 20;

    /// <summary>Sixteen of the largest values the server takes (1.5 MiB each) are what the first page may cost.</summary>
    private const long FirstPageKeys = 16;

    private const long PageKeysMax = 10_000;

    /// <summary>A page of small pairs may be followed by large ones: grow step by step.</summary>
    private const long GrowthMax = 8;

    private KeyRange _rest = range;
    private long _remaining = options.Limit > 0 ? options.Limit : long.MaxValue;
    private long _pageKeys = FirstPageKeys;
    private bool _done;

    /// <summary>The revision that the pages are read at; known after the first.</summary>
    public long Revision { get; private set; } = options.Revision;

    /// <summary>The next page; null after the last.</summary>
    public async Task<IReadOnlyList<KeyValue>?> NextAsync(CancellationToken cancellationToken)
    {
        if (_done)
            return null;

        var request = KvRequests.Range(
            _rest, options with { Limit = Math.Min(_remaining, _pageKeys), Revision = Revision });
        var response = await kv.RangeAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        KeyValue[] page = [.. response.Kvs.Select(KeyValue.From)];
        Revision = Revision == 0 ? response.Header.Revision : Revision;
        _remaining -= page.Length;
        _done = !response.More || _remaining == 0 || page.Length == 0;
        if (!_done)
        {
            _rest = _rest.After(page[^1].Key);
            _pageKeys = NextPageKeys(page);
        }

        return page;
    }

    private long NextPageKeys(KeyValue[] page)
    {
        var pairBytes = Math.Max(1, page.Sum(pair => (long)pair.Key.Length + pair.Value.Length) / page.Length);
        return Math.Clamp(PageBytesTarget / pairBytes, 1, Math.Min(PageKeysMax, _pageKeys * GrowthMax));
    }
}
