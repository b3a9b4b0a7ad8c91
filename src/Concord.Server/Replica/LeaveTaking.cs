using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Server.Replica;

/// <summary>
/// The end of a replica among the others. A member that learns late who leads now still brings calls to the one that led
/// before; if that one has stopped reading, their fate is unknown. So it says that it is leaving, answers what comes until
/// each of the others has said farewell, and only then stops. Of the replica's turns alone.
/// </summary>
internal sealed class LeaveTaking(PeerNetwork network)
{
    private const int Bytes = 16;

    private readonly HashSet<MemberId> _waitingFor = [];
    private TaskCompletionSource? _done;

    /// <param name="done">Completed when nobody asks this member anything any more.</param>
    public void Start(TaskCompletionSource done)
    {
        _done = done;
        var leaving = new PeerMessage.Leaving();
        _waitingFor.UnionWith(network.Hearers(leaving).Where(member => network.Send(member, leaving, Bytes)));
        Look();
    }

    public void Receive(PeerMessage.Farewell farewell) => Forget(farewell.From);

    /// <summary>It will say nothing.</summary>
    public void ConnectionLost(MemberId member) => Forget(member);

    public void End() => _done?.TrySetResult();

    private void Forget(MemberId member)
    {
        if (_waitingFor.Remove(member))
        {
            Look();
        }
    }

    private void Look()
    {
        if (_waitingFor.Count == 0)
        {
            End();
        }
    }
}
