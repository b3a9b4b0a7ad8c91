using Concord.Mvcc;
using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Server.Replica;

/// <summary>
/// This member's state is not the majority's: damaged memory, a fault of the program, or data that was changed by hand. Going
/// on would serve wrong answers.
/// </summary>
public sealed class StateDivergedException(string message) : Exception(message);

/// <summary>
/// Replicas compare hashes of their state from time to time. The leader begins: it tells the hash of its newest revision, and each
/// member answers everybody with its own of the same revision. A member that differs from a majority stops serving.
/// </summary>
/// <remarks>
/// The hash covers every version that history holds up to a revision, and depends on the compaction but not on how much of it was
/// trimmed; users and roles have no history and are hashed as they are. So a member can compute it later than the others, as long as
/// no other compaction or change of users came between; if one did, it sits this round out. Hashing passes over all data, on a thread of its own and below everything else. The round's state is guarded
/// by a lock.
/// </remarks>
internal sealed class StateCheck(ReplicaShared shared, PeerNetwork network, MemberId self, ReplicaLog events)
{
    private const int MessageBytes = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, uint> _hashes = [];
    private (long Revision, long Compacted, long AuthChanges) _round;
    private bool _isHashing;
    private bool _isHashed;

    /// <summary>Begins a round with the present state; the leader does. One at a time.</summary>
    public void Begin(KeySpaceView view, LogIndex applied)
    {
        lock (_lock)
        {
            if (_isHashing || (view.Revision == _round.Revision && view.Auth.Changes == _round.AuthChanges))
            {
                return;
            }

            Enter((view.Revision, view.CompactedRevision, view.Auth.Changes));
        }

        Hash(view, applied);
    }

    /// <summary>Another member told its hash.</summary>
    public void Receive(PeerMessage.StateHash told)
    {
        lock (_lock)
        {
            var round = (told.Revision, told.Compacted, told.AuthChanges);
            if (round != _round)
            {
                if (told.Revision < _round.Revision)
                {
                    return;
                }

                Enter(round);
            }

            _hashes[told.From] = told.Hash;
        }

        Judge();
    }

    /// <summary>After each turn: the state may have come as far as the round's revision.</summary>
    public void Look(KeySpaceView view, LogIndex applied)
    {
        if (Volatile.Read(ref _isHashed) || _round.Revision == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_isHashed || _isHashing || view.Revision < _round.Revision || view.CompactedRevision != _round.Compacted || view.Auth.Changes != _round.AuthChanges)
            {
                return;
            }
        }

        Hash(view, applied);
    }

    private void Enter((long Revision, long Compacted, long AuthChanges) round)
    {
        _round = round;
        _isHashed = false;
        _hashes.Clear();
    }

    private void Hash(KeySpaceView view, LogIndex applied)
    {
        (long Revision, long Compacted, long AuthChanges) round;
        lock (_lock)
        {
            _isHashing = true;
            round = _round;
        }

        new Thread(() => HashNow(view, applied, round)) { IsBackground = true, Name = "concord hash", Priority = ThreadPriority.Lowest }.Start();
    }

    private void HashNow(KeySpaceView view, LogIndex applied, (long Revision, long Compacted, long AuthChanges) round)
    {
        var error = view.HashState(round.Revision, out var hash);
        lock (_lock)
        {
            _isHashing = false;
            if (round != _round)
            {
                return;
            }

            // An old view whose history was trimmed under it has no say in this round.
            _isHashed = true;
            if (error != StoreError.None)
            {
                return;
            }

            _hashes[self] = hash;
        }

        foreach (var member in Members())
        {
            if (member != self)
            {
                network.Send(member, new PeerMessage.StateHash(applied, round.Revision, round.Compacted, round.AuthChanges, hash), MessageBytes);
            }
        }

        network.Flush();
        Judge();
    }

    private IEnumerable<MemberId> Members() => shared.Facts.Membership.Voters.Union(shared.Facts.Membership.Learners);

    private void Judge()
    {
        var voters = shared.Facts.Membership.Voters;
        string? verdict = null;
        lock (_lock)
        {
            if (!_hashes.TryGetValue(self, out var mine))
            {
                return;
            }

            var most = _hashes.Where(pair => voters.Contains(pair.Key)).GroupBy(pair => pair.Value).MaxBy(group => group.Count());
            if (most is not null && most.Count() > voters.Count / 2 && most.Key != mine)
            {
                verdict = $"the state of this member differs from the majority's at revision {_round.Revision} (hash {mine:x8}, the majority's is {most.Key:x8})";
            }
            else if (_hashes.Values.Distinct().Count() > 1)
            {
                events.StatesDiffer(_round.Revision, string.Join(", ", _hashes.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value:x8}")));
            }
        }

        if (verdict is not null)
        {
            shared.Fail(new StateDivergedException(
                verdict + ". It stops serving so that nobody gets wrong answers. Remove the member, empty its data directory and add it as a new one."));
        }
    }
}
