using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>
/// A core with a simulated disk and state machine: performs effects in the promised order, but flushes only when told
/// to, and forgets in a crash whatever was not flushed.
/// </summary>
internal sealed class DiskMember
{
    private readonly Func<RaftOptions> _options;
    private readonly Queue<LogWrite> _unflushed = [];
    private ulong _reported;
    private ulong _flushed;

    public DiskMember(Func<RaftOptions> options, RecoveredState initial)
    {
        _options = options;
        Id = options().Id;
        HardState = initial.HardState;
        Snapshot = initial.Snapshot;
        Log.AddRange(initial.Entries.Span);
        Core = new RaftCore(options(), initial);
        LoadSnapshot(Snapshot);
    }

    public MemberId Id { get; }

    public RaftCore Core { get; private set; }

    public HardState HardState { get; private set; }

    public SnapshotMetadata Snapshot { get; private set; }

    /// <summary>The durable log after <see cref="Snapshot"/>.</summary>
    public List<LogEntry> Log { get; } = [];

    /// <summary>Applied entries; those that a snapshot stands for are not listed.</summary>
    public List<LogEntry> Applied { get; } = [];

    public List<ReadResult> Reads { get; } = [];

    public List<RoleChange> RoleChanges { get; } = [];

    public int Unflushed => _unflushed.Count;

    /// <summary>Flushed, but the core was not told yet.</summary>
    public bool HasUnreported => _flushed > _reported;

    public LogIndex DurableLast => Snapshot.Index + Log.Count;

    public Term? DurableTermAt(LogIndex index) =>
        index == Snapshot.Index ? Snapshot.Term
        : index > Snapshot.Index && index <= DurableLast ? Log[(int)(index - Snapshot.Index) - 1].Term
        : null;

    /// <summary>Performs what the core asks for, as far as it needs no flush.</summary>
    public void Perform(Action<RaftMessage> send)
    {
        for (var effects = Core.TakeEffects(); !effects.IsEmpty; effects = Core.TakeEffects())
        {
            Perform(effects, send);
        }
    }

    public void Perform(Effects effects, Action<RaftMessage> send)
    {
        foreach (var message in effects.SendNow)
        {
            send(message);
        }

        if (effects.Write is { } write)
        {
            _unflushed.Enqueue(write);
        }

        Reads.AddRange(effects.Reads);
        if (effects.RoleChange is { } role)
        {
            RoleChanges.Add(role);
        }

        if (effects.Install is { } install)
        {
            LoadSnapshot(install);
            Core.Applied(install.Index);
        }

        if (!effects.Apply.IsEmpty)
        {
            Applied.AddRange(effects.Apply.Span);
            Core.Applied(Applied[^1].Index);
        }
    }

    /// <summary>The oldest write becomes durable and its promises leave; the core hears of it in <see cref="Report"/>.</summary>
    public void Flush(Action<RaftMessage> send)
    {
        var write = _unflushed.Dequeue();
        Apply(write);
        _flushed = write.Sequence;
        foreach (var message in write.SendAfter)
        {
            send(message);
        }
    }

    public void Report()
    {
        _reported = _flushed;
        Core.Persisted(_flushed);
    }

    /// <summary>Restarts from the disk; <paramref name="kept"/> of the writes under way made it.</summary>
    public void Crash(int kept)
    {
        for (; kept > 0; kept--)
        {
            Apply(_unflushed.Dequeue());
        }

        _unflushed.Clear();
        (_reported, _flushed) = (0, 0);
        Applied.Clear();
        Reads.Clear();
        LoadSnapshot(Snapshot);
        Core = new RaftCore(_options(), new RecoveredState(HardState, Snapshot, Log.ToArray()));
    }

    /// <summary>Takes a snapshot of what is applied and drops the log before it, here and in the core.</summary>
    public void TakeSnapshot()
    {
        // While the disk holds no entry that far the snapshot waits, as a real host's would.
        if (Core.DescribeSnapshot(Core.AppliedIndex) is { } metadata && metadata.Index > Snapshot.Index && metadata.Index <= DurableLast)
        {
            Log.RemoveRange(0, (int)(metadata.Index - Snapshot.Index));
            Snapshot = metadata;
            Core.Compact(metadata.Index);
        }
    }

    private void Apply(LogWrite write)
    {
        if (write.Snapshot is { } snapshot)
        {
            Snapshot = snapshot;
            Log.Clear();
        }

        if (!write.Entries.IsEmpty)
        {
            int from = (int)(write.Entries.Span[0].Index - Snapshot.Index) - 1;
            int skip = Math.Max(0, -from);
            from = Math.Max(0, from);
            Log.RemoveRange(from, Log.Count - from);
            Log.AddRange(write.Entries.Span[skip..]);
        }

        HardState = write.HardState ?? HardState;
    }

    private void LoadSnapshot(SnapshotMetadata snapshot)
    {
        Applied.RemoveAll(entry => entry.Index <= snapshot.Index);
        AppliedBase = snapshot;
    }

    /// <summary>The snapshot that the state machine was last loaded from.</summary>
    public SnapshotMetadata AppliedBase { get; private set; } = null!;
}
