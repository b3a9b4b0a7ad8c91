using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Counts leases down while this replica leads, and answers for them. Only a leader whose state is complete does: it has
/// applied an entry of its own term, so no end of a lease that an earlier leader proposed can still be on its way in.
/// </summary>
internal sealed class LeaseKeeper(NodeOptions options)
{
    private readonly LeaseClock _clock = new(options.TickMilliseconds);
    private readonly Dictionary<LeaseId, List<RequestToken>> _waitingForEnd = [];
    private bool _isExpiryUnderWay;

    public bool IsActive { get; private set; }

    /// <summary>The first entry of this leader's own term was applied: <see cref="Start"/> is due.</summary>
    public bool WantsStart { get; private set; }

    public void Tick() => _clock.Tick();

    public void KeepAlive(RequestToken token, LeaseId lease, NodeEffects effects)
    {
        if (!IsActive)
        {
            effects.Leases.Add(new(token, RequestOutcome.NotLeader, null));
            return;
        }

        var countdown = _clock.Find(lease);
        if (countdown is { IsExpiring: true })
        {
            // Its end is in the log but not applied. Saying "renewed" would be wrong and "gone" too early.
            if (!_waitingForEnd.TryGetValue(lease, out var waiting))
            {
                _waitingForEnd.Add(lease, waiting = []);
            }

            waiting.Add(token);
            return;
        }

        if (countdown is not null)
        {
            _clock.Renew(countdown);
        }

        effects.Leases.Add(new(token, RequestOutcome.Done, countdown?.TtlSeconds));
    }

    public void TimeToLive(RequestToken token, LeaseId lease, NodeEffects effects)
    {
        var countdown = IsActive ? _clock.Find(lease) : null;
        effects.Leases.Add(new(
            token,
            IsActive ? RequestOutcome.Done : RequestOutcome.NotLeader,
            countdown is null ? null : _clock.SecondsLeft(countdown)));
    }

    /// <summary>Leases to end now, or null. One command at a time: what applies it slowly is not given more.</summary>
    public IReadOnlyList<LeaseId>? TakeExpired()
    {
        if (!IsActive || _isExpiryUnderWay)
        {
            return null;
        }

        var expired = new List<LeaseId>();
        _clock.TakeExpired(options.ExpirePerCommandMax, expired);
        _isExpiryUnderWay = expired.Count > 0;
        return expired.Count > 0 ? expired : null;
    }

    public void PutBack(IReadOnlyList<LeaseId> expired)
    {
        _isExpiryUnderWay = false;
        _clock.PutBack(expired);
    }

    /// <summary>A command was applied.</summary>
    public void Follow(Command command, CommandResult result, NodeEffects effects)
    {
        if (!IsActive || !result.IsOk)
        {
            return;
        }

        switch (command)
        {
            case LeaseGrantCommand grant:
                _clock.Add(grant.Lease, grant.TtlSeconds);
                break;
            case LeaseRevokeCommand revoke:
                End(revoke.Lease, effects);
                break;
            case LeaseExpireCommand expire:
                foreach (var lease in expire.Leases)
                {
                    End(lease, effects);
                }

                _isExpiryUnderWay = false;
                break;
        }
    }

    /// <summary>An entry was applied.</summary>
    public void Applied(in LogEntry entry, RaftCore raft) =>
        WantsStart |= !IsActive && raft.Role == RaftRole.Leader && entry.Term == raft.Term;

    /// <summary>Gives every lease its full time: how much of it was used under the last leader is not known.</summary>
    public void Start(KeySpaceView view)
    {
        WantsStart = false;
        IsActive = true;
        foreach (var lease in view.Leases())
        {
            _clock.Add(lease, view.LeaseTtl(lease)!.Value, options.ElectionTicks);
        }
    }

    public void Stop(NodeEffects effects)
    {
        IsActive = false;
        WantsStart = false;
        _isExpiryUnderWay = false;
        _clock.Clear();
        foreach (var token in _waitingForEnd.OrderBy(pair => pair.Key.Value).SelectMany(pair => pair.Value))
        {
            effects.Leases.Add(new(token, RequestOutcome.NotLeader, null));
        }

        _waitingForEnd.Clear();
    }

    private void End(LeaseId lease, NodeEffects effects)
    {
        _clock.Remove(lease);
        if (_waitingForEnd.Remove(lease, out var waiting))
        {
            foreach (var token in waiting)
            {
                effects.Leases.Add(new(token, RequestOutcome.Done, null));
            }
        }
    }
}
