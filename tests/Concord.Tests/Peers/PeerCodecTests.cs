using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Tests.Peers;

public sealed class PeerCodecTests
{
    private static readonly MemberId From = new(7);

    [Fact]
    public void Forwarded_commands_and_the_word_about_them_survive_the_bytes()
    {
        var propose = (PeerMessage.Propose)RoundTrip(new PeerMessage.Propose([3, 4], ["ab"u8.ToArray(), ReadOnlyMemory<byte>.Empty]));
        Assert.Equal([3L, 4], propose.Numbers);
        Assert.Equal(["ab"u8.ToArray(), []], propose.Commands.Select(command => command.ToArray()));
        Assert.Equal(From, propose.From);

        var word = (PeerMessage.Proposed)RoundTrip(new PeerMessage.Proposed([3, 4], RequestOutcome.Overloaded, new(9), new(2)));
        Assert.Equal((RequestOutcome.Overloaded, new LogIndex(9), new Term(2)), (word.Outcome, word.First, word.Term));
    }

    [Fact]
    public void Calls_about_leases_survive_the_bytes()
    {
        Assert.Equal(new PeerMessage.LeaseCall(5, new LeaseId(-8), Renew: true) { From = From }, RoundTrip(new PeerMessage.LeaseCall(5, new LeaseId(-8), Renew: true)));
        Assert.Equal(new PeerMessage.LeaseReply(5, RequestOutcome.Done, null) { From = From }, RoundTrip(new PeerMessage.LeaseReply(5, RequestOutcome.Done, null)));
        Assert.Equal(new PeerMessage.LeaseReply(5, RequestOutcome.Done, 0) { From = From }, RoundTrip(new PeerMessage.LeaseReply(5, RequestOutcome.Done, 0)));
    }

    [Fact]
    public void A_change_of_membership_survives_the_bytes()
    {
        var info = new MemberInfo("n", ["http://a:1"], ["http://b:2", "http://c:3"], BecomesVoter: true);
        var sent = new PeerMessage.Change(
            1, [new(MemberChangeKind.AddLearner, new(9)), new(MemberChangeKind.Remove, new(8))], JointMode.Joint,
            new Dictionary<MemberId, MemberInfo> { [new(9)] = info });

        var got = (PeerMessage.Change)RoundTrip(sent);

        Assert.Equal((1L, JointMode.Joint), (got.Number, got.Mode));
        Assert.Equal(sent.Changes, got.Changes);
        Assert.Equal(info, Assert.Single(got.Info).Value);
        Assert.Equal("why", ((PeerMessage.ChangeReply)RoundTrip(new PeerMessage.ChangeReply(1, RequestOutcome.InvalidChange, "why"))).Reason);
        Assert.Null(((PeerMessage.ChangeReply)RoundTrip(new PeerMessage.ChangeReply(1, RequestOutcome.Done, null))).Reason);
    }

    [Fact]
    public void A_state_is_told_as_before_there_were_users_unless_there_are()
    {
        var before = new PeerMessage.StateHash(new(9), 8, 7, AuthChanges: 0, 0xfedcba98);
        Assert.Equal(before with { From = From }, RoundTrip(before));
        Assert.Equal(1 + 3 * sizeof(long) + sizeof(int), Encode(before).Length);
        Assert.Equal(before with { AuthChanges = 5, From = From }, RoundTrip(before with { AuthChanges = 5 }));
    }

    [Fact]
    public void Nobody_can_speak_for_somebody_else()
    {
        var error = Assert.Throws<PeerProtocolException>(() => RoundTrip(new PeerMessage.Raft(new RaftMessage.TimeoutNow(new(1), new(2), new(3)))));

        Assert.Contains("member 7 sent a message in the name of 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_do_not_refer_to_the_buffer_they_came_in()
    {
        var entry = new LogEntry(new(1), new(1), EntryKind.Command, "data"u8.ToArray());
        var payload = Encode(new PeerMessage.Raft(new RaftMessage.AppendEntries(From, new(2), new(1), default, default, new[] { entry }, default)));
        var decoded = (RaftMessage.AppendEntries)((PeerMessage.Raft)PeerCodec.Decode(From, payload)).Message;
        payload.AsSpan().Clear();

        Assert.Equal("data"u8.ToArray(), decoded.Entries.Span[0].Data.ToArray());
    }

    [Fact]
    public void Bytes_that_are_no_message_are_refused_and_never_crash()
    {
        var good = Encode(new PeerMessage.Propose([3, 4], ["ab"u8.ToArray(), "c"u8.ToArray()]));
        for (var length = 0; length < good.Length; length++)
        {
            Assert.Throws<PeerProtocolException>(() => PeerCodec.Decode(From, good.AsMemory(0, length)));
        }

        Assert.Throws<PeerProtocolException>(() => PeerCodec.Decode(From, good.Append((byte)0).ToArray()));
        Assert.Throws<PeerProtocolException>(() => PeerCodec.Decode(From, new byte[] { 2, 255, 255, 255, 127 }));
        Assert.Throws<PeerProtocolException>(() => PeerCodec.Decode(From, new byte[] { 99 }));
    }

    private static byte[] Encode(PeerMessage message)
    {
        var frames = new FrameBuffer();
        PeerCodec.Encode(message, frames);
        return frames.Written[FrameBuffer.HeaderBytes..].ToArray();
    }

    private static PeerMessage RoundTrip(PeerMessage message) => PeerCodec.Decode(From, Encode(message));
}
