using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <param name="StartRevision">The first revision to deliver; 0 is the one after the present.</param>
/// <param name="ProgressNotify">Send a progress notice when the watch has been idle for the notice interval.</param>
public sealed record WatchOptions(KeyRange Range, long StartRevision = 0, bool ProgressNotify = false, bool NoPut = false, bool NoDelete = false)
{
    /// <summary>The caller's own; comes back with the events of this watch.</summary>
    public object? State { get; init; }
}
