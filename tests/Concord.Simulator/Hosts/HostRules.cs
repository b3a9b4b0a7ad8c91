using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Simulator.Hosts;

/// <summary>
/// The rules of a host that a core cannot enforce itself, as it keeps them. Canaries are hosts that break one of them: each
/// override must be noticed by a checker.
/// </summary>
internal class HostRules
{
    /// <summary>Flush, then promise.</summary>
    public virtual bool FlushesBeforePromising => true;

    /// <summary>A linearizable read asks the leader, who asks a quorum.</summary>
    public virtual bool AsksForReads => true;

    /// <summary>A lease is renewed by a leader that a quorum has just confirmed.</summary>
    public virtual bool ConfirmsRenewals => true;

    /// <summary>A command whose forwarding was not answered is not sent again: it may have been taken.</summary>
    public virtual bool RepeatsForwarding => false;

    /// <summary>The state that a snapshot stands for is loaded before anything follows it.</summary>
    public virtual bool LoadsInstalled => true;

    /// <summary>Damage is refused, not replaced by nothing.</summary>
    public virtual bool RefusesDamage => true;

    /// <summary>What goes to the disk is what the core asked for.</summary>
    public virtual LogWrite ToDisk(LogWrite write) => write;

    /// <summary>The newest write that is reported durable when <paramref name="flushed"/> are and <paramref name="appended"/> were handed over.</summary>
    public virtual ulong Persisted(ulong flushed, ulong appended) => flushed;

    /// <summary>The state in a snapshot is the one at its index, not the present one.</summary>
    public virtual KeySpaceView SnapshotView(KeySpaceView begun, KeySpaceView present) => begun;

    /// <summary>Where a watch that begins in the past is taken up.</summary>
    public virtual long WatchStart(long asked, KeySpaceView view) => asked;

    /// <summary>What of the changes a watcher is told.</summary>
    public virtual IReadOnlyList<KeyVersion> Told(List<KeyVersion> changes) => changes;

    /// <summary>Where a watch goes on that compaction has overtaken; null: nowhere, it is cancelled.</summary>
    public virtual long? AfterCompaction(KeySpaceView view) => null;

    /// <summary>Ticks are never given faster than they are due, or leases end early.</summary>
    public virtual long TickInterval(long due) => due;

    /// <summary>A tick of the process has passed.</summary>
    public virtual void Ticked(HostProcess process)
    {
    }

    /// <summary>The state that a process starts with, or that a snapshot gives it.</summary>
    public virtual KeySpace State(KeySpace space) => space;

    /// <summary>What the core is built from.</summary>
    public virtual RaftOptions Core(RaftOptions options) => options;
}
