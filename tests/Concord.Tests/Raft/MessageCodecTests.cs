using System.Buffers;
using Concord.Raft;
using CsCheck;

namespace Concord.Tests.Raft;

public sealed class MessageCodecTests
{
    private static readonly Gen<MemberId> Member = Gen.ULong[1, ulong.MaxValue].Select(v => new MemberId(v));

    private static readonly Gen<LogIndex> Index = Gen.OneOf(Gen.Long[0, 300], Gen.Long[0, long.MaxValue - 100]).Select(v => new LogIndex(v));

    private static readonly Gen<Term> AnyTerm = Gen.OneOf(Gen.Long[0, 300], Gen.Long[0, long.MaxValue]).Select(v => new Term(v));

    private static readonly Gen<Membership> AnyMembership = Gen.ULong[1, 50].Array[1, 7].Select(ids => Membership.Of([.. ids.Distinct().Select(i => new MemberId(i))]));

    private static readonly Gen<RaftMessage> Messages = Gen.Select(Member, Member, AnyTerm).SelectMany((from, to, term) => Gen.OneOf<RaftMessage>(
        Gen.Select(Index, AnyTerm, Gen.Bool, (i, t, b) => (RaftMessage)new RaftMessage.RequestVote(from, to, term, i, t, b)),
        Gen.Bool.Select(b => (RaftMessage)new RaftMessage.RequestVoteResponse(from, to, term, b)),
        Gen.Select(Index, AnyTerm, (i, t) => (RaftMessage)new RaftMessage.RequestPreVote(from, to, term, i, t)),
        Gen.Bool.Select(b => (RaftMessage)new RaftMessage.RequestPreVoteResponse(from, to, term, b)),
        Gen.Select(Index, Gen.Byte.Array[0, 40].Array[0, 5], Index, (i, data, c) => (RaftMessage)new RaftMessage.AppendEntries(
            from, to, term, i, Term.Zero, data.Select((d, n) => new LogEntry(i + (n + 1), term, d.Length % 2 == 0 ? EntryKind.Command : EntryKind.Empty, d)).ToArray(), c)),
        Gen.Select(Gen.Bool, Index, Index, AnyTerm, (b, i, h, t) => (RaftMessage)new RaftMessage.AppendEntriesResponse(from, to, term, b, i, h, t)),
        Gen.Select(Index, Gen.ULong, (i, r) => (RaftMessage)new RaftMessage.Heartbeat(from, to, term, i, r)),
        Gen.ULong.Select(r => (RaftMessage)new RaftMessage.HeartbeatResponse(from, to, term, r)),
        Gen.Select(Index, AnyTerm, AnyMembership, (i, t, m) => (RaftMessage)new RaftMessage.InstallSnapshot(from, to, term, new SnapshotMetadata(i, t, m))),
        Gen.Const((RaftMessage)new RaftMessage.TimeoutNow(from, to, term)),
        Gen.Select(Gen.ULong, Gen.ULong, (s, r) => (RaftMessage)new RaftMessage.ReadIndex(from, to, term, s, r)),
        Gen.Select(Gen.ULong, Gen.ULong, Index, (s, r, i) => (RaftMessage)new RaftMessage.ReadIndexResponse(from, to, term, s, r, i))));

    /// <summary>Bytes compare what records with lists and memory in them do not.</summary>
    [Fact]
    public void Every_message_survives() => Messages.Sample(message =>
    {
        byte[] bytes = Encode(message);
        var decoded = MessageCodec.Decode(bytes);

        Assert.NotNull(decoded);
        Assert.Equal(TranscriptPrinter.Message(message), TranscriptPrinter.Message(decoded));
        Assert.Equal(bytes, Encode(decoded));
    });

    /// <summary>Strict: a message that is cut or longer, by a byte, is none.</summary>
    [Fact]
    public void Cut_or_lengthened_bytes_are_refused() => Gen.Select(Messages, Gen.Int[1, 1000], Gen.Byte).Sample((message, cut, extra) =>
    {
        byte[] bytes = Encode(message);

        Assert.Null(MessageCodec.Decode(bytes.AsMemory(0, bytes.Length - 1 - (cut % bytes.Length))));
        Assert.Null(MessageCodec.Decode(bytes.Append(extra).ToArray()));
    });

    /// <summary>Whatever arrives is a message or refused, never an exception; and a message has one encoding only.</summary>
    [Fact]
    public void Damaged_bytes_are_refused_or_are_another_message() => Gen.Select(Messages, Gen.Int[0, 9999], Gen.Byte).Sample((message, at, value) =>
    {
        byte[] bytes = Encode(message);
        bytes[at % bytes.Length] = value;
        if (MessageCodec.Decode(bytes) is { } decoded)
        {
            Assert.Equal(bytes, Encode(decoded));
        }
    });

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 60].Sample(tail =>
    {
        for (byte kind = 0; kind < 14; kind++)
        {
            _ = MessageCodec.Decode(new byte[] { MessageCodec.Version, kind }.Concat(tail).ToArray());
        }

        _ = MembershipCodec.Decode(new byte[] { 1 }.Concat(tail).ToArray());
    });

    [Fact]
    public void Another_version_is_refused()
    {
        byte[] bytes = Encode(new RaftMessage.TimeoutNow(new MemberId(1), new MemberId(2), new Term(3)));
        bytes[0] = MessageCodec.Version + 1;
        Assert.Null(MessageCodec.Decode(bytes));
    }

    /// <summary>The encoding is a contract between versions of the program: it must not change by accident.</summary>
    [Fact]
    public void The_bytes_are_as_documented()
    {
        var entry = new LogEntry(new LogIndex(6), new Term(300), EntryKind.Command, "hi"u8.ToArray());
        var append = new RaftMessage.AppendEntries(new MemberId(1), new MemberId(2), new Term(300), new LogIndex(5), new Term(4), new[] { entry }, new LogIndex(3));

        Assert.Equal("01-05-01-02-AC-02-05-04-03-01-AC-02-00-02-68-69", BitConverter.ToString(Encode(append)));
        Assert.Equal(
            "01-01-02-01-02-01-01-01-09-00-01-78",
            BitConverter.ToString(MembershipCodec.Encode(
                new Membership([new(1), new(2)], [new(1)], [new(9)], [], AutoLeave: true) { Context = "x"u8.ToArray() })));
    }

    [Theory]
    [InlineData("01-00-00-00-00-00-00")]
    [InlineData("01-00-02-02-01-00-00-00-00")]
    [InlineData("01-00-01-00-00-00-00-00")]
    [InlineData("01-00-01-01-00-01-01-00-00")]
    [InlineData("01-01-01-01-00-00-00-00")]
    [InlineData("01-00-81-00-01-00-00-00-00")]
    public void Malformed_memberships_are_refused(string bytes) =>
        Assert.Null(MembershipCodec.Decode(Convert.FromHexString(bytes.Replace("-", "", StringComparison.Ordinal))));

    private static byte[] Encode(RaftMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
