using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Replica;

/// <summary>The others have removed this member for good.</summary>
public sealed class MemberRemovedException(string message) : Exception(message);

/// <summary>
/// A member that was removed does not learn it from the log: nobody sends it the entry. The others refuse its connections and say
/// why. It believes them once it has not heard a leader for an election timeout either: who still has one is a member, whatever
/// a lone server with a history of its own says. The time also lets the answer to the removal leave. Of the replica's turns.
/// </summary>
internal sealed class RemovalWatch(ReplicaShared shared, NodeCore node, int electionTicks)
{
    private MemberId _toldBy;
    private int _ticks;

    public void Told(MemberId by) => _toldBy = by;

    public void Tick()
    {
        if (_toldBy.IsNone)
        {
            return;
        }

        if (node.HearsLeader)
        {
            (_toldBy, _ticks) = (MemberId.None, 0);
        }
        else if (++_ticks == electionTicks)
        {
            shared.Fail(new MemberRemovedException(
                $"member {node.Id} has been permanently removed from the cluster, says member {_toldBy}. Its data directory is of no use any more; "
                + "to bring the host back, add it as a new member and start it with an empty data directory"));
        }
    }
}
