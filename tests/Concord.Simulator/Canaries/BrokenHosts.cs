using Concord.Mvcc;
using Concord.Raft;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Canaries;

internal sealed class AckBeforeFlush : HostRules
{
    public override bool FlushesBeforePromising => false;
}

internal sealed class VoteNotPersisted : HostRules
{
    public override LogWrite ToDisk(LogWrite write) => write with { HardState = write.HardState is { } state ? state with { Vote = MemberId.None } : null };
}

internal sealed class ReportNotFlushed : HostRules
{
    public override ulong Persisted(ulong flushed, ulong appended) => appended;
}

internal sealed class EntryLostOnDisk : HostRules
{
    public override LogWrite ToDisk(LogWrite write) => write.Entries.Length > 2 ? write with { Entries = write.Entries[..^1] } : write;
}

internal sealed class ReadWithoutQuorum : HostRules
{
    public override bool AsksForReads => false;
}

internal sealed class RenewWithoutQuorum : HostRules
{
    public override bool ConfirmsRenewals => false;
}

internal sealed class LeaseByLocalClock : HostRules
{
    private readonly Dictionary<(HostProcess, LeaseId), long> _firstSeen = [];

    public override void Ticked(HostProcess process)
    {
        var view = process.Node.View;
        var ended = new List<LeaseId>();
        foreach (var lease in view.Leases())
        {
            _firstSeen.TryAdd((process, lease), process.World.Events.Now);
            if (process.World.Events.Now - _firstSeen[(process, lease)] > view.LeaseTtl(lease) * Dials.Second)
                ended.Add(lease);
        }

        if (ended.Count > 0 && process.Node.IsLeading)
            process.Propose(new LeaseExpireCommand(ended));
    }
}

internal sealed class TickTooEarly : HostRules
{
    public override long TickInterval(long due) => due * 7 / 10;
}

internal sealed class SnapshotWithoutIndex : HostRules
{
    public override KeySpaceView SnapshotView(KeySpaceView begun, KeySpaceView present) => present;
}

internal sealed class SnapshotNotLoaded : HostRules
{
    public override bool LoadsInstalled => false;
}

internal sealed class WatchSkipsCatchUp : HostRules
{
    public override long WatchStart(long asked, KeySpaceView view) => Math.Max(asked, view.Revision + 1);
}

internal sealed class WatchLosesTombstones : HostRules
{
    public override IReadOnlyList<KeyVersion> Told(List<KeyVersion> changes) => [.. changes.Where(change => !change.IsTombstone)];
}

internal sealed class WatchHidesCompaction : HostRules
{
    public override long? AfterCompaction(KeySpaceView view) => view.CompactedRevision;
}

internal sealed class ForwardTwice : HostRules
{
    public override bool RepeatsForwarding => true;
}

internal sealed class DamageIgnored : HostRules
{
    public override bool RefusesDamage => false;
}

internal sealed class TombstoneLost : HostRules
{
    public override KeySpace State(KeySpace space)
    {
        space.LosesTombstones = true;
        return space;
    }
}

internal sealed class BrokenCore(BrokenRules rules) : HostRules
{
    public override RaftOptions Core(RaftOptions options) => options with { Broken = rules };
}
