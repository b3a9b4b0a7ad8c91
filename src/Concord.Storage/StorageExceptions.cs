namespace Concord.Storage;

/// <summary>
/// The data directory holds something that a crash cannot have left behind. The replica must not start: what it
/// promised to the others may be gone.
/// </summary>
public sealed class StorageDamagedException : Exception
{
    private const string Remedies =
        "Nothing was changed. Remedies: if other members are healthy, remove this member from the cluster, move its data " +
        "directory away and add it again as a new member; otherwise restore the data directory from a backup. Check the disk.";

    public StorageDamagedException(string path, long offset, string found)
        : base($"The data is damaged: '{path}' at byte {offset}: {found} {Remedies}")
    {
        Path = path;
        Offset = offset;
        Found = found;
    }

    /// <summary>The file, relative to the data directory.</summary>
    public string Path { get; }

    public long Offset { get; }

    /// <summary>What was found there, one or two sentences.</summary>
    public string Found { get; }
}

/// <summary>The data directory belongs to another member or cluster, or to a newer version of this program.</summary>
public sealed class StorageMismatchException(string message) : Exception(message);

/// <summary>
/// A write that must not be in doubt is in doubt: a flush failed, or a file could not be put back into a known state.
/// The store refuses everything from then on, because after a failed flush the system may have dropped written bytes and
/// still report success for the next one. The process must stop; on restart the log is read from the disk again.
/// </summary>
public sealed class StorageFailedException(string message, Exception inner) : Exception(message, inner);
