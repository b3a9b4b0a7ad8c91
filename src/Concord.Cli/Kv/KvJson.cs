using Concord.Client.Kv;

namespace Concord.Cli.Kv;

/// <summary>One pair in JSON; <see cref="Encoding"/> says how key and value are written: text, hex or base64.</summary>
internal sealed record KvPairJson
{
    public required string Encoding { get; init; }

    public required string Key { get; init; }

    /// <summary>Left out when only keys were asked for.</summary>
    public string? Value { get; init; }

    public required long CreateRevision { get; init; }

    public required long ModRevision { get; init; }

    public required long Version { get; init; }

    /// <summary>Left out without a lease; 16 hex digits.</summary>
    public string? Lease { get; init; }

    public static KvPairJson Of(KeyValue pair, KvEncoding encoding, bool keysOnly = false)
    {
        encoding = encoding.ForJson(pair.Key, pair.Value);
        return new()
        {
            Encoding = KvEncodings.NameOf(encoding),
            Key = encoding.Exact(pair.Key),
            Value = keysOnly ? null : encoding.Exact(pair.Value),
            CreateRevision = pair.CreateRevision,
            ModRevision = pair.ModRevision,
            Version = pair.Version,
            Lease = pair.Lease == 0 ? null : LeaseId.Show(pair.Lease),
        };
    }
}

internal sealed record KvPairs(IReadOnlyList<KvPairJson> Pairs);

internal sealed record KvCount(long Count);

internal sealed record KvPutDone(long Revision, KvPairJson? Previous);

internal sealed record KvDeleted(long Revision, long Deleted, IReadOnlyList<KvPairJson>? Previous);

/// <summary>One line of <c>kv watch -o json</c>.</summary>
internal sealed record KvEvent
{
    /// <summary>put, delete, relisted (then <see cref="Pairs"/> is everything there is), disconnected.</summary>
    public required string Event { get; init; }

    public long? Revision { get; init; }

    public string? Encoding { get; init; }

    public string? Key { get; init; }

    public KvPairJson? Current { get; init; }

    public KvPairJson? Previous { get; init; }

    public IReadOnlyList<KvPairJson>? Pairs { get; init; }

    public string? Reason { get; init; }
}
