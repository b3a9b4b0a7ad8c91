using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>One key as it is at a revision.</summary>
public sealed record KeyValue
{
    public required KvBytes Key { get; init; }

    /// <summary>Empty when only keys were asked for.</summary>
    public required KvBytes Value { get; init; }

    /// <summary>The revision that created the key.</summary>
    public required long CreateRevision { get; init; }

    /// <summary>The revision that changed it last: what a compare-and-swap compares.</summary>
    public required long ModRevision { get; init; }

    /// <summary>1 when created, one more with each put.</summary>
    public required long Version { get; init; }

    /// <summary>The lease that the key lives by; 0 for none.</summary>
    public required long Lease { get; init; }

    internal static KeyValue From(Etcd.KeyValue pair) => new()
    {
        Key = KvBytes.From(pair.Key),
        Value = KvBytes.From(pair.Value),
        CreateRevision = pair.CreateRevision,
        ModRevision = pair.ModRevision,
        Version = pair.Version,
        Lease = pair.Lease,
    };
}
