using System.Globalization;

namespace Concord.Simulator.Runs;

/// <summary>What happened in a run, or in many: proof that they tested something.</summary>
internal sealed class Figures
{
    public long Committed { get; set; }

    public long Leaders { get; set; }

    public long Operations { get; set; }

    public long Acknowledged { get; set; }

    public long Unknown { get; set; }

    public long Messages { get; set; }

    public long Events { get; set; }

    public long Crashes { get; set; }

    /// <summary>Writes that a power loss found appended but not flushed.</summary>
    public long LostWrites { get; set; }

    public long SnapshotsSent { get; set; }

    public long SnapshotsReceived { get; set; }

    public long HashesCompared { get; set; }

    public long UndecidedHistories { get; set; }

    public long WatchEvents { get; set; }

    public long WatchesCompacted { get; set; }

    public long LeasesExpired { get; set; }

    public long LocksTaken { get; set; }

    /// <summary>Writes under the lock, by who had it with the greatest token so far.</summary>
    public long WritesGuarded { get; set; }

    /// <summary>Writes that came when another had it.</summary>
    public long WritesFenced { get; set; }

    public long MembershipChanges { get; set; }

    public void Add(Figures other)
    {
        Committed += other.Committed;
        Leaders += other.Leaders;
        Operations += other.Operations;
        Acknowledged += other.Acknowledged;
        Unknown += other.Unknown;
        Messages += other.Messages;
        Events += other.Events;
        Crashes += other.Crashes;
        LostWrites += other.LostWrites;
        SnapshotsSent += other.SnapshotsSent;
        SnapshotsReceived += other.SnapshotsReceived;
        HashesCompared += other.HashesCompared;
        MembershipChanges += other.MembershipChanges;
        LocksTaken += other.LocksTaken;
        WritesGuarded += other.WritesGuarded;
        WritesFenced += other.WritesFenced;
        LeasesExpired += other.LeasesExpired;
        WatchesCompacted += other.WatchesCompacted;
        WatchEvents += other.WatchEvents;
        UndecidedHistories += other.UndecidedHistories;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Committed} entries, {Leaders} leaders, {Acknowledged} of {Operations} calls acknowledged, {Crashes} crashes, {SnapshotsReceived} snapshots installed, {MembershipChanges} changes of members, {HashesCompared} states compared, {WatchEvents} events watched, {LeasesExpired} leases expired, {LocksTaken} locks held, {WritesGuarded} writes under them and {WritesFenced} fenced, {UndecidedHistories} histories undecided, {Events} steps");
}
