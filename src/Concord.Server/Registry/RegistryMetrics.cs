using Concord.Server.Registry.Model;

namespace Concord.Server.Registry;

/// <summary>
/// What this member's registry counts for those who operate it, read when somebody asks (<see cref="Telemetry.RegistryInstruments"/>). Labels are states and kinds of
/// checks: their number does not grow with services.
/// </summary>
internal sealed class RegistryMetrics(RegistryStore store)
{
    private static readonly int States = Enum.GetValues<InstanceState>().Max(static state => (int)state) + 1;
    private static readonly int Kinds = Enum.GetValues<HealthCheckKind>().Max(static kind => (int)kind) + 1;

    private readonly long[] _looks = new long[Kinds * States];
    private readonly long[] _transitions = new long[Kinds * States];
    private long _expiredCritical;
    private long _expiredRemoved;
    private volatile InstanceCounts? _counted;

    public long ExpiredCritical => Interlocked.Read(ref _expiredCritical);

    public long ExpiredRemoved => Interlocked.Read(ref _expiredRemoved);

    /// <summary>Looks at instances that found this.</summary>
    public long Looks(HealthCheckKind kind, InstanceState found) => Interlocked.Read(ref _looks[At(kind, found)]);

    /// <summary>Changes of state that checks of this member made.</summary>
    public long Transitions(HealthCheckKind kind, InstanceState to) => Interlocked.Read(ref _transitions[At(kind, to)]);

    public void Looked(HealthCheckKind kind, InstanceState found) => Interlocked.Increment(ref _looks[At(kind, found)]);

    public void Turned(HealthCheckKind kind, InstanceState to) => Interlocked.Increment(ref _transitions[At(kind, to)]);

    /// <summary>Only where it was written: a plan that others made void is made again.</summary>
    public void Expired(int critical, int removed)
    {
        Interlocked.Add(ref _expiredCritical, critical);
        Interlocked.Add(ref _expiredRemoved, removed);
    }

    /// <summary>All instances by state, as this member has applied them. Walks through them, but not again while nothing has changed.</summary>
    public InstanceCounts Count()
    {
        var state = store.State();
        if (_counted is { } counted && counted.Revision == state.Revision)
        {
            return counted;
        }

        var byState = new long[States];
        var held = 0L;
        foreach (var one in state.InstancesFrom(""))
        {
            byState[(int)one.State]++;
            held += one.IsHeld ? 1 : 0;
        }

        return _counted = new(state.Revision, byState, held);
    }

    private static int At(HealthCheckKind kind, InstanceState state) => (int)kind * States + (int)state;

    /// <param name="ByState">Indexed by <see cref="InstanceState"/>.</param>
    /// <param name="Held">Expired, and kept in their state because too many expired at once.</param>
    internal sealed record InstanceCounts(long Revision, IReadOnlyList<long> ByState, long Held);
}
