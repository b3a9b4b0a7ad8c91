namespace Concord.Mvcc.Snapshots;

/// <summary>How a version in a block relates to the one before it; the byte that it starts with.</summary>
internal enum VersionStart : byte
{
    /// <summary>The next newer version of the same key, which is not repeated.</summary>
    Same = 0,

    /// <summary>The oldest version of the next key.</summary>
    Key = 1,

    /// <summary>Only at the start of a block: the next newer version of the key that the block before ended with.</summary>
    Continued = 2,
}
