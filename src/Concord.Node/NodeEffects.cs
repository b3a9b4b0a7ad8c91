using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Node;

/// <summary>Names a call of the host, so that its answer finds the way back. Never used twice by one host.</summary>
public readonly record struct RequestToken(long Value);

/// <summary>What became of a call.</summary>
public enum RequestOutcome : byte
{
    Done = 0,

    /// <summary>There is no leader to do it, or this replica is not it.</summary>
    NotLeader,

    /// <summary>Another leader's entry took the place of the command: it was not and will not be applied.</summary>
    Superseded,

    /// <summary>Too much is waiting; nothing was accepted.</summary>
    Overloaded,

    /// <summary>The command is larger than an entry may be; nothing was accepted.</summary>
    TooLarge,

    /// <summary>A snapshot took the place of the entry that was waited for: it was applied, or another leader's was.</summary>
    Unknown,

    /// <summary>A change of membership has to wait for the one before, or for the leader's first entry: try again.</summary>
    ChangePending,

    /// <summary>The change of membership is not possible; the answer says why.</summary>
    InvalidChange,

    /// <summary>The learner still lacks too much of the log to be given a vote: try again later.</summary>
    LearnerNotReady,

    /// <summary>Too few of the voters after the change have ever been started for a majority.</summary>
    NotEnoughStarted,

    /// <summary>Too few of the voters after the change are heard now for a majority: bring them back first.</summary>
    Unhealthy,
}

/// <param name="Result">What the command answered; null unless <see cref="RequestOutcome.Done"/>.</param>
public readonly record struct CommandAnswer(RequestToken Token, RequestOutcome Outcome, CommandResult? Result);

public readonly record struct ReadAnswer(RequestToken Token, RequestOutcome Outcome);

/// <param name="Reason">A sentence for people if the change was not possible; else null.</param>
public readonly record struct MembershipAnswer(RequestToken Token, RequestOutcome Outcome, string? Reason);

/// <param name="Seconds">
/// Of a renewal the granted time to live, of a question the whole seconds left; null if there is no such lease.
/// </param>
public readonly record struct LeaseAnswer(RequestToken Token, RequestOutcome Outcome, long? Seconds);

/// <summary>
/// What the host has to do after it gave the node its inputs. The lists are in the order in which they may be performed:
/// <list type="number">
/// <item><see cref="SendNow"/> may leave at once.</item>
/// <item><see cref="Writes"/> go to the log in order. When one is flushed, its messages may leave and
/// <see cref="NodeCore.Persisted"/> is called. The host goes on meanwhile.</item>
/// <item><see cref="Install"/> names a snapshot from the leader that is durable by now: load it and call
/// <see cref="NodeCore.Installed"/> before any other input.</item>
/// <item><see cref="Views"/> are published, the last one is the newest. More than one only when a compaction lies between
/// them: who follows the changes must not lose those from before it.</item>
/// <item>Only then the answers leave: whoever is told that a write is done must find it in the published view.</item>
/// </list>
/// Nothing is answered as done that is not committed and applied, and nothing is committed by this replica's own log
/// before the flush was reported. The object and its lists are used again by the next <see cref="NodeCore.TakeEffects"/>.
/// </summary>
public sealed class NodeEffects
{
    public List<RaftMessage> SendNow { get; } = [];

    public List<LogWrite> Writes { get; } = [];

    public SnapshotMetadata? Install { get; internal set; }

    public List<KeySpaceView> Views { get; } = [];

    /// <summary>Also tells of changes of membership whose entry was superseded or skipped.</summary>
    public List<CommandAnswer> Commands { get; } = [];

    public List<ReadAnswer> Reads { get; } = [];

    public List<LeaseAnswer> Leases { get; } = [];

    public List<MembershipAnswer> Changes { get; } = [];

    /// <summary>
    /// The configuration that took effect last in this step, committed or not: connect to its members before the messages are
    /// sent. Null if it is the one before.
    /// </summary>
    public Membership? Membership { get; internal set; }

    /// <summary>The last change of role, term or leader.</summary>
    public RoleChange? RoleChange { get; internal set; }

    /// <summary>Entries applied in this step, ours and others'.</summary>
    public long AppliedEntries { get; internal set; }

    public bool IsEmpty =>
        SendNow.Count == 0 && Writes.Count == 0 && Install is null && Views.Count == 0 && Commands.Count == 0
        && Reads.Count == 0 && Leases.Count == 0 && Changes.Count == 0 && Membership is null && RoleChange is null && AppliedEntries == 0;

    internal void Clear()
    {
        SendNow.Clear();
        Writes.Clear();
        Install = null;
        Views.Clear();
        Commands.Clear();
        Reads.Clear();
        Leases.Clear();
        Changes.Clear();
        Membership = null;
        RoleChange = null;
        AppliedEntries = 0;
    }
}
