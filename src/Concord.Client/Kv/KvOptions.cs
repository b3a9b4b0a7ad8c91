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

/// <summary>Which changes a watch reports.</summary>
public enum KvChangeKinds
{
    All,

    Puts,

    /// <summary>Deletes, by whatever cause: a call, a transaction, the end of a lease.</summary>
    Deletes,
}

public sealed record WatchOptions
{
    /// <summary>The first revision to report; 0 is the next one at the member that serves the watch. To miss nothing after a read, give the
    /// read's revision + 1.</summary>
    public long StartRevision { get; init; }

    /// <summary>The server leaves the others out.</summary>
    public KvChangeKinds Changes { get; init; }

    /// <summary>Give the pair before each change as well, as long as it is not compacted.</summary>
    public bool WithPrevious { get; init; }
}
