namespace Concord.Client.Kv;

/// <summary>Where a watch stands with the server.</summary>
internal enum KvWatchState
{
    /// <summary>To be created from the revision that it has reached.</summary>
    Due,

    /// <summary>Asked for on the present stream.</summary>
    Opening,

    Open,

    /// <summary>Cancelled because its buffer is full; due when its consumer has read half of it.</summary>
    Full,

    /// <summary>The revision that it had reached is compacted; due when its consumer has the new list.</summary>
    Compacted,

    /// <summary>It has ended for good.</summary>
    Refused,
}
