using Concord.Extensions.Following;

namespace Concord.Extensions.Live;

/// <summary>
/// What the present thread is doing with the configuration. Making an options object is synchronous from beginning to
/// end, so a thread's own variable can show it a candidate state that nobody else sees, and can note what it reads.
/// </summary>
internal static class ReadScope
{
    [ThreadStatic]
    private static Stack<ReadSet>? _recording;

    [ThreadStatic]
    private static (ConfigFollower Follower, FollowedData Data)? _candidate;

    [ThreadStatic]
    private static Reload? _reload;

    public static bool IsJudging => _candidate is not null;

    public static bool IsRecording => _recording is { Count: > 0 };

    /// <summary>The reload that the present thread is spreading; null if configuration changed for another reason.</summary>
    public static Reload? CurrentReload => _reload;

    /// <summary>The state that the present thread shall see.</summary>
    public static FollowedData DataOf(ConfigFollower follower)
    {
        if (_candidate is { } candidate && candidate.Follower == follower)
            return candidate.Data;
        return _recording is { Count: > 0 } recording ? recording.Peek().Pin(follower) : follower.Data;
    }

    public static void NoteKey(ConfigFollower follower, string key)
    {
        foreach (var reads in _recording ?? [])
            reads.AddKey(follower, key);
    }

    public static void NoteSection(ConfigFollower follower, string? path)
    {
        foreach (var reads in _recording ?? [])
            reads.AddSection(follower, path);
    }

    public static void NoteReadsOf(ReadSet other)
    {
        foreach (var reads in _recording ?? [])
            reads.UnionWith(other);
    }

    /// <summary>Notes what this function reads; also for the sets of the callers that record.</summary>
    public static (T Result, Exception? Error) Record<T>(ReadSet reads, Func<T> make)
        where T : class
    {
        var recording = _recording ??= [];
        recording.Push(reads);
        try
        {
            return (make(), null);
        }
        catch (Exception error)
        {
            return (null!, error);
        }
        finally
        {
            recording.Pop();
        }
    }

    /// <summary>Runs an action whose reads of this follower see the candidate.</summary>
    public static void WithCandidate(ConfigFollower follower, FollowedData candidate, Action action)
    {
        var (outer, recording) = (_candidate, _recording);
        (_candidate, _recording) = ((follower, candidate), null);
        try
        {
            action();
        }
        finally
        {
            (_candidate, _recording) = (outer, recording);
        }
    }

    /// <summary>Runs an action that tells everybody about changed keys.</summary>
    public static void WithReload(Reload reload, Action action)
    {
        // Whoever reacts to the change makes new objects: what the thread was pinned to does not apply to them.
        var (outer, recording) = (_reload, _recording);
        (_reload, _recording) = (reload, null);
        try
        {
            action();
        }
        finally
        {
            (_reload, _recording) = (outer, recording);
        }
    }
}
