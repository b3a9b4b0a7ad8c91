using System.Text;
using Concord.Gossip;

namespace Concord.Tests.Gossip;

/// <summary>Messages and events as the transcripts write them. Sequences begin at random, so only their last two digits are written.</summary>
internal static class TranscriptPrinter
{
    public static string Messages(IReadOnlyList<GossipMessage> messages) => string.Join(" + ", messages.Select(Message));

    public static string Message(GossipMessage message) => message switch
    {
        GossipMessage.Ping m => $"ping {m.Target} #{m.Sequence % 100}",
        GossipMessage.Ack m => $"ack #{m.Sequence % 100}",
        GossipMessage.PingRequest m => $"ping-req {m.Target} #{m.Sequence % 100}{(m.WantsNack ? "" : " without nack")}",
        GossipMessage.Nack m => $"nack #{m.Sequence % 100}",
        GossipMessage.Suspect m => $"suspect {m.Name}/{m.Incarnation} from {m.From}",
        GossipMessage.Alive m => $"alive {m.Member.Name}/{m.Incarnation}{Metadata(m.Member)}",
        GossipMessage.Dead m => $"dead {m.Name}/{m.Incarnation} from {m.From}",
        GossipMessage.PushPull m => $"state {string.Join(", ", m.Members.ToArray().OrderBy(member => member.Info.Name, StringComparer.Ordinal).Select(State))}",
        GossipMessage.UserEvent m => $"event {m.Time} {m.Name} \"{Encoding.UTF8.GetString(m.Payload.Span)}\" of {m.Origin}",
        _ => throw new InvalidOperationException($"no text for {message}"),
    };

    public static string Event(GossipEvent happened) => happened switch
    {
        GossipEvent.MemberJoined e => $"joined {e.Member}{Metadata(e.Member)}",
        GossipEvent.MemberUpdated e => $"updated {e.Member}{Metadata(e.Member)}",
        GossipEvent.MemberSuspected e => $"suspected {e.Member.Name} from {e.From}",
        GossipEvent.MemberRefuted e => $"refuted {e.Member.Name}",
        GossipEvent.MemberDied e => $"died {e.Member.Name} from {e.From}",
        GossipEvent.MemberLeft e => $"left {e.Member.Name}",
        GossipEvent.MemberForgotten e => $"forgotten {e.Member.Name}",
        GossipEvent.NameConflict e => $"conflict {e.Member} with {e.Other}",
        GossipEvent.SelfRefuted e => $"objects as {e.Incarnation}",
        GossipEvent.PacketsBlocked e => $"packets blocked to {e.Member.Name}",
        GossipEvent.UserEventReceived e => Message(e.Event),
        GossipEvent.JoinFinished e => $"join finished, {e.Contacted} contacted, {e.Failed} failed",
        GossipEvent.LeaveFinished e => $"leave finished{(e.Told ? "" : ", not told")}",
        _ => throw new InvalidOperationException($"no text for {happened}"),
    };

    public static string State(MemberState state) => $"{state.Info.Name}/{state.Incarnation} {state.Status}";

    private static string Metadata(MemberInfo member) =>
        member.Metadata.IsEmpty ? "" : $" \"{Encoding.UTF8.GetString(member.Metadata.Span)}\"";
}
