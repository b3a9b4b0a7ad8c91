namespace Concord.Server.Replica;

/// <summary>Who moves a watch forward.</summary>
internal enum WatchPhase : byte
{
    /// <summary>The hub hands it every revision as it comes.</summary>
    Synced,

    /// <summary>The stream's reader takes its changes from history, when it gets there.</summary>
    Behind,

    /// <summary>Cancelled; nothing more of it is delivered.</summary>
    Ended,
}

/// <summary>
/// One watch. Its phase and group change under the hub's lock and the stream's lock together, so either is enough to
/// read them.
/// </summary>
internal sealed class Watch(WatchStream stream, long id, WatchOptions options, long next)
{
    public WatchStream Stream { get; } = stream;

    public long Id { get; } = id;

    public WatchOptions Options { get; } = options;

    public WatchPhase Phase { get; set; } = WatchPhase.Behind;

    /// <summary>
    /// The first revision that the stream was not given yet. Written by the hub while synced and by the reader while
    /// behind, under the stream's lock.
    /// </summary>
    public long Next { get; set; } = next;

    /// <summary>
    /// While behind: how many notices the reader must have taken before history may be read, because earlier events of
    /// this watch are still among them.
    /// </summary>
    public long BehindAfter { get; set; }

    /// <summary>Something was said to the reader since the last round of progress notices; its creation counts.</summary>
    public bool HadEvents { get; set; } = true;

    /// <summary>While synced: where it is in its group.</summary>
    public WatchShare? Share { get; set; }

    /// <summary>The place in <see cref="Share"/>, so that leaving costs nothing.</summary>
    public int SharePosition { get; set; }
}
