namespace Concord.Server.Etcd.Compaction;

/// <summary>Keeps a number of revisions, looked at every five minutes, as etcd does.</summary>
internal sealed class RevisionPolicy(long revisions) : CompactionPolicy
{
    private long _lastRevision;

    public override TimeSpan Interval => TimeSpan.FromMinutes(5);

    public override void Look(long revision)
    {
        // What is due depends on the present alone.
    }

    public override long? Due(TimeSpan sinceStart, long revision) => revision - revisions is > 0 and var due && due != _lastRevision ? due : null;

    public override void Done(TimeSpan sinceStart, long revision) => _lastRevision = revision;
}
