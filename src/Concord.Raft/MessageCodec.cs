using System.Buffers;

namespace Concord.Raft;

/// <summary>
/// The bytes of messages between members: version, kind, from, to, term, then the message's own fields in the order of
/// its record. Numbers are varints. Framing and checksums are the transport's.
/// </summary>
public static class MessageCodec
{
    public const byte Version = 1;

    /// <summary>Bound for one entry's data, so that a damaged length cannot make a receiver allocate without end.</summary>
    public const int MaxEntryBytes = 16 * 1024 * 1024;

    /// <summary>Bound for the entries of one message; a leader's own limits are far below.</summary>
    public const int MaxEntries = 1024 * 1024;

    private enum Kind : byte
    {
        RequestVote = 1,
        RequestVoteResponse = 2,
        RequestPreVote = 3,
        RequestPreVoteResponse = 4,
        AppendEntries = 5,
        AppendEntriesResponse = 6,
        Heartbeat = 7,
        HeartbeatResponse = 8,
        InstallSnapshot = 9,
        TimeoutNow = 10,
        ReadIndex = 11,
        ReadIndexResponse = 12,
    }

    public static void Encode(RaftMessage message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        var writer = new VarintWriter(output);
        switch (message)
        {
            case RaftMessage.RequestVote m:
                Header(ref writer, Kind.RequestVote, m);
                writer.Index(m.LastIndex);
                writer.Term(m.LastTerm);
                writer.Flag(m.Transfer);
                break;
            case RaftMessage.RequestVoteResponse m:
                Header(ref writer, Kind.RequestVoteResponse, m);
                writer.Flag(m.Granted);
                break;
            case RaftMessage.RequestPreVote m:
                Header(ref writer, Kind.RequestPreVote, m);
                writer.Index(m.LastIndex);
                writer.Term(m.LastTerm);
                break;
            case RaftMessage.RequestPreVoteResponse m:
                Header(ref writer, Kind.RequestPreVoteResponse, m);
                writer.Flag(m.Granted);
                break;
            case RaftMessage.AppendEntries m:
                Header(ref writer, Kind.AppendEntries, m);
                WriteAppend(ref writer, m);
                break;
            case RaftMessage.AppendEntriesResponse m:
                Header(ref writer, Kind.AppendEntriesResponse, m);
                writer.Flag(m.Accepted);
                writer.Index(m.Index);
                writer.Index(m.HintIndex);
                writer.Term(m.HintTerm);
                break;
            default:
                EncodeOther(ref writer, message);
                break;
        }
    }

    /// <summary>
    /// The message, or null if the bytes are not exactly one well-formed message of this version. Entries refer to
    /// <paramref name="data"/> instead of copying it, so that memory must not be used again.
    /// </summary>
    public static RaftMessage? Decode(ReadOnlyMemory<byte> data)
    {
        var reader = new VarintReader(data);
        if (reader.Byte() != Version)
        {
            return null;
        }

        var kind = (Kind)reader.Byte();
        var (from, to, term) = (reader.Member(), reader.Member(), reader.Term());
        RaftMessage? message = kind switch
        {
            Kind.RequestVote => new RaftMessage.RequestVote(from, to, term, reader.Index(), reader.Term(), reader.Flag()),
            Kind.RequestVoteResponse => new RaftMessage.RequestVoteResponse(from, to, term, reader.Flag()),
            Kind.RequestPreVote => new RaftMessage.RequestPreVote(from, to, term, reader.Index(), reader.Term()),
            Kind.RequestPreVoteResponse => new RaftMessage.RequestPreVoteResponse(from, to, term, reader.Flag()),
            Kind.AppendEntries => ReadAppend(ref reader, from, to, term),
            Kind.AppendEntriesResponse => new RaftMessage.AppendEntriesResponse(
                from, to, term, reader.Flag(), reader.Index(), reader.Index(), reader.Term()),
            Kind.Heartbeat => new RaftMessage.Heartbeat(from, to, term, reader.Index(), reader.Unsigned()),
            Kind.HeartbeatResponse => new RaftMessage.HeartbeatResponse(from, to, term, reader.Unsigned()),
            Kind.InstallSnapshot => ReadSnapshot(ref reader, from, to, term),
            Kind.TimeoutNow => new RaftMessage.TimeoutNow(from, to, term),
            Kind.ReadIndex => new RaftMessage.ReadIndex(from, to, term, reader.Unsigned(), reader.Unsigned()),
            Kind.ReadIndexResponse => new RaftMessage.ReadIndexResponse(
                from, to, term, reader.Unsigned(), reader.Unsigned(), reader.Index()),
            _ => null,
        };
        return reader.AtEnd && !from.IsNone && !to.IsNone ? message : null;
    }

    private static void EncodeOther(ref VarintWriter writer, RaftMessage message)
    {
        switch (message)
        {
            case RaftMessage.Heartbeat m:
                Header(ref writer, Kind.Heartbeat, m);
                writer.Index(m.Commit);
                writer.Unsigned(m.ReadRound);
                break;
            case RaftMessage.HeartbeatResponse m:
                Header(ref writer, Kind.HeartbeatResponse, m);
                writer.Unsigned(m.ReadRound);
                break;
            case RaftMessage.InstallSnapshot m:
                Header(ref writer, Kind.InstallSnapshot, m);
                writer.Index(m.Snapshot.Index);
                writer.Term(m.Snapshot.Term);
                MembershipCodec.Write(ref writer, m.Snapshot.Membership);
                break;
            case RaftMessage.TimeoutNow m:
                Header(ref writer, Kind.TimeoutNow, m);
                break;
            case RaftMessage.ReadIndex m:
                Header(ref writer, Kind.ReadIndex, m);
                writer.Unsigned(m.Session);
                writer.Unsigned(m.Request);
                break;
            case RaftMessage.ReadIndexResponse m:
                Header(ref writer, Kind.ReadIndexResponse, m);
                writer.Unsigned(m.Session);
                writer.Unsigned(m.Request);
                writer.Index(m.Index);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"no encoding for {message.GetType().Name}");
        }
    }

    private static void Header(ref VarintWriter writer, Kind kind, RaftMessage message)
    {
        writer.Byte(Version);
        writer.Byte((byte)kind);
        writer.Member(message.From);
        writer.Member(message.To);
        writer.Term(message.Term);
    }

    /// <summary>Entries follow each other, so only their terms, kinds and data are sent.</summary>
    private static void WriteAppend(ref VarintWriter writer, RaftMessage.AppendEntries append)
    {
        writer.Index(append.PreviousIndex);
        writer.Term(append.PreviousTerm);
        writer.Index(append.Commit);
        writer.Unsigned((ulong)append.Entries.Length);
        foreach (ref readonly var entry in append.Entries.Span)
        {
            writer.Term(entry.Term);
            writer.Byte((byte)entry.Kind);
            writer.Bytes(entry.Data.Span);
        }
    }

    private static RaftMessage.AppendEntries? ReadAppend(ref VarintReader reader, MemberId from, MemberId to, Term term)
    {
        var (previousIndex, previousTerm, commit) = (reader.Index(), reader.Term(), reader.Index());
        var entries = new LogEntry[reader.Count(MaxEntries, minBytes: 3)];
        if (previousIndex.Value > long.MaxValue - entries.Length)
        {
            return null;
        }

        var lastTerm = previousTerm;
        for (int i = 0; i < entries.Length && !reader.Failed; i++)
        {
            entries[i] = new LogEntry(previousIndex + (i + 1), reader.Term(), (EntryKind)reader.Byte(), reader.Bytes(MaxEntryBytes));
            bool valid = entries[i].Term >= lastTerm && entries[i].Term <= term && entries[i].Kind <= EntryKind.Empty;
            if (!valid)
            {
                return null;
            }

            lastTerm = entries[i].Term;
        }

        return new RaftMessage.AppendEntries(from, to, term, previousIndex, previousTerm, entries, commit);
    }

    private static RaftMessage.InstallSnapshot? ReadSnapshot(ref VarintReader reader, MemberId from, MemberId to, Term term)
    {
        var (index, snapshotTerm) = (reader.Index(), reader.Term());
        return MembershipCodec.Read(ref reader) is { } membership
            ? new RaftMessage.InstallSnapshot(from, to, term, new SnapshotMetadata(index, snapshotTerm, membership))
            : null;
    }
}
