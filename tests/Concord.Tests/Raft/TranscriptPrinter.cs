using System.Text;
using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>Raft values as a reader of transcripts wants them.</summary>
internal static class TranscriptPrinter
{
    public static string Message(RaftMessage message) => $"{message.From}->{message.To} " + message switch
    {
        RaftMessage.RequestVote m => $"RequestVote term {m.Term} last {m.LastIndex}/{m.LastTerm}{(m.Transfer ? " transfer" : "")}",
        RaftMessage.RequestVoteResponse m => $"RequestVoteResponse term {m.Term} {Granted(m.Granted)}",
        RaftMessage.RequestPreVote m => $"RequestPreVote term {m.Term} last {m.LastIndex}/{m.LastTerm}",
        RaftMessage.RequestPreVoteResponse m => $"RequestPreVoteResponse term {m.Term} {Granted(m.Granted)}",
        RaftMessage.AppendEntries m => $"AppendEntries term {m.Term} previous {m.PreviousIndex}/{m.PreviousTerm} commit {m.Commit}{Entries(m.Entries)}",
        RaftMessage.AppendEntriesResponse { Accepted: true } m => $"AppendEntriesResponse term {m.Term} accepted {m.Index}",
        RaftMessage.AppendEntriesResponse m => $"AppendEntriesResponse term {m.Term} refused {m.Index} hint {m.HintIndex}/{m.HintTerm}",
        RaftMessage.Heartbeat m => $"Heartbeat term {m.Term} commit {m.Commit} round {m.ReadRound}",
        RaftMessage.HeartbeatResponse m => $"HeartbeatResponse term {m.Term} round {m.ReadRound}",
        RaftMessage.InstallSnapshot m => $"InstallSnapshot term {m.Term} {Snapshot(m.Snapshot)}",
        RaftMessage.TimeoutNow m => $"TimeoutNow term {m.Term}",
        RaftMessage.ReadIndex m => $"ReadIndex term {m.Term} request {m.Request}",
        RaftMessage.ReadIndexResponse m => $"ReadIndexResponse term {m.Term} request {m.Request} index {m.Index}",
        _ => throw new InvalidOperationException(message.GetType().Name),
    };

    public static string Effects(Effects effects)
    {
        var text = new StringBuilder();
        if (effects.RoleChange is { } role)
        {
            text.AppendLine($"  {role.Role} in term {role.Term}, leader {(role.Leader.IsNone ? "unknown" : role.Leader)}");
        }

        foreach (var membership in effects.Memberships)
        {
            text.AppendLine($"  in force since {membership.Index}: {Membership(membership.Membership)}");
        }

        foreach (var message in effects.SendNow)
        {
            text.AppendLine($"  send {Message(message)}");
        }

        if (effects.Write is { } write)
        {
            text.Append(Write(write));
        }

        if (effects.Install is { } install)
        {
            text.AppendLine($"  install {Snapshot(install)}");
        }

        if (!effects.Apply.IsEmpty)
        {
            text.AppendLine($"  apply{Entries(effects.Apply)}");
        }

        foreach (var read in effects.Reads)
        {
            text.AppendLine($"  read {read.ReadId}: {read.Outcome}{(read.Outcome == ReadOutcome.Ready ? $" at {read.Index}" : "")}");
        }

        return text.ToString();
    }

    public static string Write(LogWrite write)
    {
        var text = new StringBuilder($"  write {write.Sequence}:");
        if (write.Snapshot is { } snapshot)
        {
            text.Append($" {Snapshot(snapshot)};");
        }

        text.Append(write.Entries.IsEmpty ? "" : $"{Entries(write.Entries)};");
        if (write.HardState is { } state)
        {
            text.Append($" term {state.Term} vote {(state.Vote.IsNone ? "none" : state.Vote)} commit {state.Commit};");
        }

        text.AppendLine(write.MustFlush ? " flush" : " wait");
        foreach (var message in write.SendAfter)
        {
            text.AppendLine($"    then send {Message(message)}");
        }

        return text.ToString();
    }

    public static string Membership(Membership membership)
    {
        var text = new StringBuilder($"voters ({Ids(membership.Voters)})");
        text.Append(membership.IsJoint ? $" and ({Ids(membership.OutgoingVoters)})" : "");
        text.Append(membership.Learners.Count > 0 ? $" learners ({Ids(membership.Learners)})" : "");
        text.Append(membership.NextLearners.Count > 0 ? $" next learners ({Ids(membership.NextLearners)})" : "");
        text.Append(membership.AutoLeave ? " auto leave" : "");
        return text.ToString();
    }

    public static string Entries(ReadOnlyMemory<LogEntry> entries)
    {
        var text = new StringBuilder();
        foreach (ref readonly var entry in entries.Span)
        {
            string data = entry.Kind switch
            {
                EntryKind.Command => $" \"{Encoding.UTF8.GetString(entry.Data.Span)}\"",
                EntryKind.Membership => " " + Membership(MembershipCodec.Decode(entry.Data)!),
                _ => "",
            };
            text.Append($" [{entry.Index}/{entry.Term}{data}]");
        }

        return text.ToString();
    }

    public static string Progress(FollowerStatus follower) =>
        $"  {follower.Member}: {follower.Mode} match {follower.Match} next {follower.Next}{(follower.Active ? "" : " inactive")}";

    private static string Snapshot(SnapshotMetadata snapshot) =>
        $"snapshot {snapshot.Index}/{snapshot.Term} {Membership(snapshot.Membership)}";

    private static string Ids(IReadOnlyList<MemberId> ids) => string.Join(' ', ids);

    private static string Granted(bool granted) => granted ? "granted" : "refused";
}
