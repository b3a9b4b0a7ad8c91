namespace Concord.Simulator.Disk;

/// <summary>What is to go wrong on a <see cref="SimulatedDisk"/>, and what has.</summary>
public sealed class DiskFaults
{
    /// <summary>The number of the operation that the power fails in; 0 for never.</summary>
    public int CrashAtOperation { get; set; }

    public bool Crashed { get; internal set; }

    /// <summary>The next flush fails and the cache forgets what it should have written, as Linux does.</summary>
    public bool FailNextFlush { get; set; }

    /// <summary>The same for the flush that <see cref="SimulatedDisk.Flushes"/> counts with this number; 0 for never.</summary>
    public int FailFlushNumber { get; set; }

    /// <summary>
    /// The next write runs out of space after so many bytes although the room was allocated, as on file systems that copy
    /// on write; null for never.
    /// </summary>
    public int? FullInNextWriteAfter { get; set; }

    /// <summary>The next write fails with an input/output error.</summary>
    public bool FailNextWrite { get; set; }

    internal bool TakeFlushFailure(int number)
    {
        bool fail = FailNextFlush || number == FailFlushNumber;
        FailNextFlush = false;
        return fail;
    }
}

/// <summary>Which part of the cache a crash takes.</summary>
public enum CrashLoss
{
    /// <summary>Each sector and name by itself is lost or kept.</summary>
    Random,

    Everything,

    Nothing,
}

/// <summary>The power failed. Nothing after it reaches the disk.</summary>
public sealed class SimulatedCrashException(string operation) : Exception($"The simulated power failed before it could {operation}.");
