namespace Concord.Storage;

/// <summary>The operating system refused or failed an operation on the data directory.</summary>
public class DiskException : Exception
{
    public DiskException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>No room left on the device, or the disk quota is used up. The operation may succeed later.</summary>
public sealed class DiskFullException(string message, Exception? inner = null) : DiskException(message, inner);

/// <summary>Another process has the data directory open.</summary>
public sealed class DiskInUseException(string message, Exception? inner = null) : DiskException(message, inner);
