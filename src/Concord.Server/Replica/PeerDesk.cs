using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Server.Replica;

/// <summary>
/// Takes in what other members send: Raft's messages, and calls that they bring to this replica because it leads. Of the
/// replica's turns alone.
/// </summary>
internal sealed class PeerDesk(NodeCore node, ReplicaCalls calls, LeaderCalls leader, PeerNetwork network, StateCheck check, LeaveTaking leave)
{
    private const int AnswerBytes = 64;

    /// <summary>Calls of other members that the node has not answered, by this replica's number.</summary>
    private readonly Dictionary<long, (MemberId From, long Number)> _served = [];

    /// <summary>The last snapshot that arrived, until the node says what becomes of it.</summary>
    public PeerMessage.Snapshot? Received { get; private set; }

    public void Receive(PeerMessage message)
    {
        switch (message)
        {
            case PeerMessage.Raft raft:
                if (raft.Message.To == node.Id)
                {
                    node.Receive(raft.Message);
                }

                break;
            case PeerMessage.Snapshot snapshot:
                Received = snapshot;
                node.Receive(snapshot.Message);
                break;
            case PeerMessage.Propose propose:
                // The word leaves before the entries do, because those are sent when the effects are performed.
                var (outcome, first, term) = node.ProposeFor(propose.Commands);
                network.Send(propose.From, new PeerMessage.Proposed(propose.Numbers, outcome, first, term), AnswerBytes + propose.Numbers.Count * sizeof(long));
                break;
            case PeerMessage.LeaseCall lease when lease.Renew:
                node.KeepAlive(Serve(lease.From, lease.Number), lease.Lease);
                break;
            case PeerMessage.LeaseCall lease:
                node.TimeToLive(Serve(lease.From, lease.Number), lease.Lease);
                break;
            case PeerMessage.Change change:
                node.ProposeMembership(Serve(change.From, change.Number), change.Changes, change.Mode, change.Info);
                break;
            case PeerMessage.Proposed word:
                leader.Receive(word);
                break;
            case PeerMessage.LeaseReply word:
                leader.Receive(word);
                break;
            case PeerMessage.ChangeReply word:
                leader.Receive(word);
                break;
            case PeerMessage.StateHash hash:
                check.Receive(hash);
                break;
            case PeerMessage.Leaving:
                leader.Leaves(message.From);
                break;
            case PeerMessage.Farewell farewell:
                leave.Receive(farewell);
                break;
        }
    }

    /// <summary>True if the answer was for another member, and is on its way.</summary>
    public bool TryAnswer(in LeaseAnswer answer)
    {
        if (!_served.Remove(answer.Token.Value, out var asker))
        {
            return false;
        }

        network.Send(asker.From, new PeerMessage.LeaseReply(asker.Number, answer.Outcome, answer.Seconds), AnswerBytes);
        return true;
    }

    public bool TryAnswer(RequestToken token, RequestOutcome outcome, string? reason)
    {
        if (!_served.Remove(token.Value, out var asker))
        {
            return false;
        }

        network.Send(asker.From, new PeerMessage.ChangeReply(asker.Number, outcome, reason), AnswerBytes);
        return true;
    }

    /// <summary>The received snapshot, if it is this one.</summary>
    public PeerMessage.Snapshot? TakeReceived(SnapshotMetadata snapshot)
    {
        var received = Received;
        if (received is null || received.Message.Snapshot.Index != snapshot.Index || received.Message.Snapshot.Term != snapshot.Term)
        {
            return null;
        }

        Received = null;
        return received;
    }

    /// <summary>A whole state is not kept in memory when the node had no use for it.</summary>
    public void DropReceivedIfOld()
    {
        if (Received is { } received && received.Message.Snapshot.Index <= node.AppliedIndex)
        {
            Received = null;
        }
    }

    private RequestToken Serve(MemberId from, long number)
    {
        var token = calls.NextNumber();
        _served.Add(token, (from, number));
        return new(token);
    }
}
