namespace Concord.Client.Kv;

/// <summary>What a watch has to say.</summary>
public abstract record KvWatchEvent
{
    private KvWatchEvent()
    {
    }

    /// <summary>Everything that one revision changed in the range.</summary>
    public sealed record Changed(long Revision, IReadOnlyList<KvChange> Changes) : KvWatchEvent;

    /// <summary>
    /// The revision that the watch had to go on from is compacted, so changes are lost. This is the whole range at
    /// <paramref name="Revision"/>: keys that are not in it do not exist any more. Changes after it follow.
    /// </summary>
    public sealed record Relisted(long CompactedRevision, long Revision, IReadOnlyList<KeyValue> Pairs) : KvWatchEvent;

    /// <summary>The connection is lost; the watch tries again after the delay and misses nothing.</summary>
    public sealed record Interrupted(ConcordException Reason, TimeSpan RetryAfter) : KvWatchEvent;
}

/// <summary>One changed key.</summary>
public sealed record KvChange
{
    public required bool Deleted { get; init; }

    public required KvBytes Key { get; init; }

    /// <summary>The pair that was written; null when the key was deleted.</summary>
    public required KeyValue? Current { get; init; }

    /// <summary>The pair before, if it was asked for, existed and is not compacted.</summary>
    public required KeyValue? Previous { get; init; }
}
