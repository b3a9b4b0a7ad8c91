namespace Concord.Cli;

/// <summary>What the process ends with. The numbers are a promise to scripts: docs/command-line.md lists them.</summary>
internal enum ExitCode
{
    Ok = 0,

    /// <summary>None of the others.</summary>
    Failure = 1,

    /// <summary>The command line, a key, a name or a document is not valid: the same call can never succeed.</summary>
    Usage = 2,

    /// <summary>Somebody else changed it meanwhile: look again, decide, repeat.</summary>
    Conflict = 3,

    NotFound = 4,

    /// <summary>No server answered in time, or it has no leader: the same call may succeed later.</summary>
    Unavailable = 5,

    NotPermitted = 6,

    /// <summary>Asked to say by the exit code whether there are differences, and there are.</summary>
    Differences = 7,

    /// <summary>Ctrl-C or SIGTERM before the command was done; 128 + SIGINT by the shells' custom.</summary>
    Interrupted = 130,
}
