using System.Diagnostics.Metrics;

namespace Concord.Server.Configs.Push;

/// <summary>What became of the changes that were pushed from this member.</summary>
internal sealed class PushCounts
{
    private long _changes;
    private long _applied;
    private long _rejected;

    public long Changes => Interlocked.Read(ref _changes);

    public long Applied => Interlocked.Read(ref _applied);

    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Where the times go; null while nobody wants them.</summary>
    public Histogram<double>? Latency { get; set; }

    public void Pushed(TimeSpan took)
    {
        Interlocked.Increment(ref _changes);
        Latency?.Record(took.TotalSeconds);
    }

    public void Told(ApplyReport report) => Interlocked.Increment(ref report.Applied ? ref _applied : ref _rejected);
}
