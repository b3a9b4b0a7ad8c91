namespace Concord.Raft;

/// <summary>Watches the leader's own disk: see <see cref="RaftOptions.SlowFlushTicks"/>.</summary>
internal sealed class SlowDisk(MemberState state)
{
    private ulong _oldest;
    private int _age;

    /// <summary>True when the oldest write has become too old, and again each time as much has passed.</summary>
    public bool Tick()
    {
        ulong oldest = state.Writes.Oldest;
        _age = oldest == 0 || oldest != _oldest ? 0 : _age + 1;
        _oldest = oldest;
        bool slow = _age >= state.Options.SlowFlushTicks;
        _age = slow ? 0 : _age;
        return slow;
    }
}
