namespace Concord.Client.Kv;

public sealed record ReadOptions
{
    /// <summary>Read as of this revision; 0 is the newest.</summary>
    public long Revision { get; init; }

    /// <summary>Let one member answer from what it has: quicker, works without a quorum, may be behind.</summary>
    public bool Serializable { get; init; }
}

public sealed record RangeOptions
{
    /// <summary>At most this many keys; 0 is all.</summary>
    public long Limit { get; init; }

    /// <summary>Leave the values out.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>Read as of this revision; 0 is the newest.</summary>
    public long Revision { get; init; }

    /// <summary>Let one member answer from what it has: quicker, works without a quorum, may be behind.</summary>
    public bool Serializable { get; init; }
}

public sealed record PutOptions
{
    /// <summary>The lease that the key shall live by; 0 for none.</summary>
    public long Lease { get; init; }

    /// <summary>Answer with what was there before.</summary>
    public bool ReturnPrevious { get; init; }
}

public sealed record WatchOptions
{
    /// <summary>The first revision to report; 0 is the next one.</summary>
    public long StartRevision { get; init; }

    /// <summary>Give the pair before each change as well, as long as it is not compacted.</summary>
    public bool WithPrevious { get; init; }
}
