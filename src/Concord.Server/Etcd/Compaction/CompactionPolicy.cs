namespace Concord.Server.Etcd.Compaction;

/// <summary>Says which revision to compact, from looks at the revision at even intervals. Runs on every member; the leader acts.</summary>
internal abstract class CompactionPolicy
{
    /// <summary>Between two looks.</summary>
    public abstract TimeSpan Interval { get; }

    /// <summary>Takes note of the revision at a look.</summary>
    public abstract void Look(long revision);

    /// <summary>The revision to compact at an interval after the last look, or null if it is not time or there is nothing new.</summary>
    /// <param name="sinceStart">Time since the policy began.</param>
    /// <param name="revision">The present one.</param>
    public abstract long? Due(TimeSpan sinceStart, long revision);

    /// <summary>The revision that was due is compacted, by this member or somebody else.</summary>
    public abstract void Done(TimeSpan sinceStart, long revision);
}
