namespace Concord.Server.Cluster;

/// <summary>What the process says to whoever started it. Documented in the help and the operating guide.</summary>
public static class ExitCode
{
    public const int Stopped = 0;

    /// <summary>The settings are wrong, or an address cannot be bound.</summary>
    public const int Settings = 1;

    /// <summary>The data directory is damaged, of another or a newer format, or in use by another process; nothing was changed.</summary>
    public const int Data = 3;

    /// <summary>The disk failed while running. What was acknowledged is on the disk; a restart finds out what is there.</summary>
    public const int DiskFailed = 4;

    /// <summary>The state of this member is not the majority's. Its data must not be used again.</summary>
    public const int Diverged = 6;

    /// <summary>This member was removed from its cluster. It never comes back; its host can, as a new member.</summary>
    public const int Removed = 7;

    /// <summary>A rule of the program does not hold; going on could damage data. Please report it with the log.</summary>
    public const int Bug = 5;
}
