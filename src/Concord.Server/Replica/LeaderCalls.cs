using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Server.Replica;

/// <summary>
/// Brings calls to the leader: this replica's node, or another member over the peer connection, or, while there is none, a
/// place to wait. Of the replica's turns alone.
/// </summary>
/// <remarks>
/// No call is ever done twice. A command goes to one leader once; it is tried again only when it is certain that it will
/// never be applied: it was not sent, the leader said no, or another leader's entry took its place. Reads and renewals of leases
/// may be repeated without harm and are. If the word of the leader is lost, the caller is told that the fate is unknown.
/// </remarks>
internal sealed class LeaderCalls
{
    /// <summary>Commands for the leader share a message up to here, like entries do.</summary>
    private const int BatchBytesMax = 1 << 20;

    private readonly NodeCore _node;
    private readonly ReplicaCalls _calls;
    private readonly PeerNetwork? _network;

    /// <summary>Sent to a leader that has not answered yet.</summary>
    private readonly Dictionary<long, MemberId> _sent = [];

    /// <summary>Are about to stop, and have our farewell: they are asked nothing any more.</summary>
    private readonly HashSet<MemberId> _leaving = [];

    private readonly List<long> _numbers = [];
    private readonly List<ReadOnlyMemory<byte>> _commands = [];
    private readonly int _patienceTicks;
    private int _commandBytes;
    private Queue<long> _parked = new();

    /// <summary>Ticks until a leader that is none any more is taken for silent; 0 when nobody waits for one.</summary>
    private int _ticksToSilence;

    /// <param name="patienceTicks">
    /// How long a deposed leader's word is waited for. One that handed over is alive and gives it; the end of a dead one's
    /// connection is noticed sooner. So this is about frozen and cut off ones.
    /// </param>
    public LeaderCalls(NodeCore node, ReplicaCalls calls, PeerNetwork? network, int patienceTicks)
    {
        _patienceTicks = patienceTicks;
        _node = node;
        _calls = calls;
        _network = network;
    }

    /// <summary>Another member leads; none if this one does, or nobody is known to.</summary>
    private MemberId OtherLeader => _node.Leader == _node.Id ? MemberId.None : _node.Leader;

    public void Begin(long number, ReplicaRequest request)
    {
        if (_node.Role == RaftRole.Leader && _node.TransferTarget.IsNone)
        {
            Do(number, request);
        }
        else if (OtherLeader.IsNone || !Ask(OtherLeader, number, request))
        {
            _parked.Enqueue(number);
        }
    }

    /// <summary>What could not be done now, but certainly was not: later, by whoever leads then.</summary>
    public void Postpone(long number) => _parked.Enqueue(number);

    /// <summary>Tries everything again that waits for a leader.</summary>
    public void Retry()
    {
        if (_parked.Count == 0 || _node.Leader.IsNone)
        {
            return;
        }

        var waiting = _parked;
        _parked = new();
        foreach (var number in waiting)
        {
            if (_calls.Find(number) is { } request)
            {
                Begin(number, request);
            }
        }
    }

    /// <summary>Sends the commands that were collected in this turn.</summary>
    public void Flush()
    {
        if (_numbers.Count == 0)
        {
            return;
        }

        long[] numbers = [.. _numbers];
        var leader = _sent[numbers[0]];
        if (!_network!.Send(leader, new PeerMessage.Propose(numbers, [.. _commands]), _commandBytes))
        {
            NotSent(numbers);
        }

        _numbers.Clear();
        _commands.Clear();
        _commandBytes = 0;
    }

    /// <summary>The leader's word about commands.</summary>
    public void Receive(PeerMessage.Proposed word)
    {
        for (var i = 0; i < word.Numbers.Count; i++)
        {
            var number = word.Numbers[i];
            if (!_sent.Remove(number) || _calls.Find(number) is null)
            {
                continue;
            }

            if (word.Outcome == RequestOutcome.Done)
            {
                _node.Await(new(number), word.First + i, word.Term);
            }
            else
            {
                Refused(number, word.Outcome);
            }
        }
    }

    public void Receive(PeerMessage.LeaseReply word)
    {
        if (!_sent.Remove(word.Number))
        {
            return;
        }

        if (word.Outcome == RequestOutcome.Done)
        {
            _calls.Finish(word.Number, word.Seconds);
        }
        else
        {
            Refused(word.Number, word.Outcome);
        }
    }

    public void Receive(PeerMessage.ChangeReply word)
    {
        if (_sent.Remove(word.Number))
        {
            Settle(word.Number, word.Outcome, word.Reason);
        }
    }

    /// <summary>A change of membership has an outcome, here or at the leader.</summary>
    public void Settle(long number, RequestOutcome outcome, string? reason)
    {
        switch (outcome)
        {
            case RequestOutcome.Done:
                _calls.Finish(number, true);
                break;
            case RequestOutcome.InvalidChange:
                _calls.Fail(number, new(ReplicaFailure.InvalidChange, reason ?? "the change is not possible"));
                break;
            default:
                Refused(number, outcome);
                break;
        }
    }

    /// <summary>A call has failed for now, here or at the leader.</summary>
    public void Refused(long number, RequestOutcome outcome)
    {
        if (outcome is RequestOutcome.NotLeader or RequestOutcome.Superseded or RequestOutcome.ChangePending)
        {
            Postpone(number);
        }
        else
        {
            _calls.Fail(number, ReplicaFailures.Of(outcome));
        }
    }

    /// <summary>A member is about to stop. Whatever it was asked by then it will answer, and it is told that this was all.</summary>
    public void Leaves(MemberId member)
    {
        const int FarewellBytes = 16;
        Flush();
        _leaving.Add(member);
        _network!.Send(member, new PeerMessage.Farewell(), FarewellBytes);
    }

    /// <summary>A member is there, perhaps again.</summary>
    public void Connected(MemberId member)
    {
        _leaving.Remove(member);
        Retry();
    }

    /// <summary>
    /// The connection to a member broke: what it was asked and did not answer may have arrived or not.
    /// </summary>
    public void ConnectionLost(MemberId member)
    {
        if (_leaving.Contains(member))
        {
            // It has answered, but its answers come by another connection than the one that may have ended first.
            _ticksToSilence = _patienceTicks;
            return;
        }

        foreach (var (number, _) in _sent.Where(pair => pair.Value == member).ToArray())
        {
            Lose(number, ReplicaFailures.ConnectionLost());
        }
    }

    /// <summary>
    /// Leader or role changed. Whoever was asked before may still answer: its word can be overtaken by its successor's
    /// messages. What waits is tried at once.
    /// </summary>
    public void LeaderChanged()
    {
        if (!_node.Leader.IsNone)
        {
            Flush();
            _ticksToSilence = _patienceTicks;
            Retry();
        }
    }

    /// <summary>
    /// Once a tick: forgets calls whose time has run out, and tells the callers of a deposed leader that stays silent that the
    /// fate of their commands is unknown.
    /// </summary>
    public void Tick()
    {
        if (_ticksToSilence > 0 && --_ticksToSilence == 0)
        {
            foreach (var (number, _) in _sent.Where(pair => pair.Value != _node.Leader || _leaving.Contains(pair.Value)).ToArray())
            {
                Lose(number, ReplicaFailures.LeaderFailed());
            }
        }

        if (_sent.Count > _calls.Count)
        {
            foreach (var number in _sent.Keys.Where(number => _calls.Find(number) is null).ToArray())
            {
                _sent.Remove(number);
            }
        }
    }

    /// <summary>The answer will not come. What may be repeated is; of the rest the fate is unknown.</summary>
    private void Lose(long number, ReplicaException failure)
    {
        _sent.Remove(number);
        if (_calls.Find(number) is not { } request)
        {
            return;
        }

        if (request.Kind is RequestKind.KeepAlive or RequestKind.TimeToLive)
        {
            Postpone(number);
        }
        else
        {
            _calls.Fail(number, failure);
        }
    }

    private void Do(long number, ReplicaRequest request)
    {
        var token = new RequestToken(number);
        switch (request.Kind)
        {
            case RequestKind.Propose:
                _node.Propose(token, request.Command);
                break;
            case RequestKind.KeepAlive:
                _node.KeepAlive(token, request.Lease);
                break;
            case RequestKind.TimeToLive:
                _node.TimeToLive(token, request.Lease);
                break;
            case RequestKind.Read:
                _node.Read(token);
                break;
            case RequestKind.Change:
                var change = request.Change!;
                _node.ProposeMembership(token, change.Changes, change.Mode, change.Info);
                break;
        }
    }

    /// <summary>False if it could not be sent.</summary>
    private bool Ask(MemberId leader, long number, ReplicaRequest request)
    {
        if (_leaving.Contains(leader))
        {
            return false;
        }

        switch (request.Kind)
        {
            case RequestKind.Propose:
                return Collect(leader, number, request.Command);
            case RequestKind.KeepAlive or RequestKind.TimeToLive:
                const int LeaseCallBytes = 32;
                return Sent(leader, number, new PeerMessage.LeaseCall(number, request.Lease, request.Kind == RequestKind.KeepAlive), LeaseCallBytes);
            case RequestKind.Read:
                _node.Read(new(number));
                return true;
            default:
                const int ChangeBytes = 4096;
                var change = request.Change!;
                return Sent(leader, number, new PeerMessage.Change(number, change.Changes, change.Mode, change.Info), ChangeBytes);
        }
    }

    private bool Sent(MemberId leader, long number, PeerMessage message, int bytes)
    {
        if (_network is null || !_network.Send(leader, message, bytes))
        {
            return false;
        }

        _sent.Add(number, leader);
        return true;
    }

    private bool Collect(MemberId leader, long number, ReadOnlyMemory<byte> command)
    {
        if (_network is null || !_network.IsConnected(leader))
        {
            return false;
        }

        if (_numbers.Count > 0 && (_commandBytes + command.Length > BatchBytesMax || _sent[_numbers[0]] != leader))
        {
            Flush();
        }

        _sent.Add(number, leader);
        _numbers.Add(number);
        _commands.Add(command);
        _commandBytes += command.Length + sizeof(long) + sizeof(int);
        return true;
    }

    private void NotSent(long[] numbers)
    {
        foreach (var number in numbers)
        {
            _sent.Remove(number);
            Postpone(number);
        }
    }
}
