using Concord.Mvcc;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;
using static Concord.Simulator.Checks.Promise;

namespace Concord.Simulator.Clients;

/// <summary>
/// Takes a lock that hangs on a lease, keeps the lease alive for a while, then gives the lock back, or the lease up, or
/// simply forgets. It believes to hold the lock only as long as the lease was promised, by the slowest reading of the promise.
/// </summary>
internal sealed class LockClient(Simulation world, int number, Dice dice) : Client(world, number, dice)
{
    private LeaseId _lease;
    private long _ttl;
    private long _heldUntil;
    private long _renewals;
    private bool _hasLock;

    /// <summary>The client may rely on the lock until this moment.</summary>
    public long HoldsUntil => _hasLock ? _heldUntil : 0;

    /// <summary>The fencing token: the revision in which it took the lock last, which only grows from holder to holder.</summary>
    public long Token { get; private set; }

    protected override bool IsFinished => !_hasLock;

    protected override void Act()
    {
        if (_lease.IsNone)
            Grant();
        else if (!_hasLock)
            Acquire();
        else if (_renewals-- > 0 && !Workload.IsStopped)
            Renew();
        else
            GiveBack();
    }

    private void Grant()
    {
        var lease = new LeaseId(Workload.NextNumber());
        _ttl = Dice.Between(1, 4);
        long sent = World.Events.Now;
        Propose(new LeaseGrantCommand(lease, _ttl), answer =>
        {
            if (answer is { Kind: AnswerKind.Done, Error: StoreError.None })
            {
                _lease = lease;
                Promised(sent);
            }

            Think();
        });
    }

    private void Acquire()
    {
        var free = new Comparison(KeyRange.Single(Bytes("lock")), ComparisonTarget.CreateRevision, ComparisonResult.Equal);
        var put = new PutOperation(Bytes("lock"), Bytes($"client {Number}")) { Lease = _lease };
        Propose(new WriteCommand(new TransactionOperation([free], [put], [])), answer =>
        {
            bool leaseGone = answer is { Kind: AnswerKind.Done, Error: StoreError.LeaseNotFound };
            if (answer is { Kind: AnswerKind.Done, Error: StoreError.None } && ModelResult.Of(answer.Result!).Succeeded == true)
            {
                _hasLock = true;
                Token = answer.Result!.Revision;
                _renewals = Dice.Below(20);
                Workload.CheckLock(this);
            }
            else if (leaseGone || answer.Kind == AnswerKind.Unknown)
            {
                // Unknown: it may hold the lock without knowing. The lease is left to expire.
                Forget();
            }

            ThinkOrRenew();
        });
    }

    /// <summary>Waiting for the lock, the lease must not run out meanwhile.</summary>
    private void ThinkOrRenew()
    {
        if (!_lease.IsNone && !_hasLock && World.Events.Now > _heldUntil - (_ttl * Dials.Second / 2))
            Renew();
        else
            Think();
    }

    private void Renew()
    {
        long sent = World.Events.Now;
        var lease = _lease;
        KeepAlive(lease, answer =>
        {
            if (answer is { Kind: AnswerKind.Done, Seconds: null })
            {
                Require(Workload.Truth.LeaseEnd(lease) is not null, $"lease {lease} is said to be gone, but no end of it is committed");
                Forget();
            }
            else if (answer.Kind == AnswerKind.Done)
            {
                Promised(sent);
                Workload.CheckLock(this);
            }
            else if (World.Events.Now > _heldUntil)
            {
                Forget();
            }

            Think();
        });
    }

    private void GiveBack()
    {
        var lease = _lease;
        int how = Dice.Below(3);
        Forget();
        if (how == 0)
            Propose(new LeaseRevokeCommand(lease), _ => Think());
        else if (how == 1)
            Propose(new WriteCommand(DeleteOwn()), _ => Think());
        else
            Think();
    }

    /// <summary>
    /// Only the lock that it took: a member may be asleep with this call and wake when the lock is another's (seed 900282 released
    /// it from under its holder).
    /// </summary>
    private TransactionOperation DeleteOwn()
    {
        var key = KeyRange.Single(Bytes("lock"));
        var own = new Comparison(key, ComparisonTarget.CreateRevision, ComparisonResult.Equal) { Number = Token };
        return new TransactionOperation([own], [new DeleteOperation(key)], []);
    }

    private void Forget()
    {
        if (!_lease.IsNone)
            Workload.Released(_lease);
        _lease = default;
        _hasLock = false;
        _heldUntil = 0;
    }

    /// <summary>
    /// Granted or renewed some time after <paramref name="sent"/>: it lives at least its time from then on, as the
    /// fastest clock of the cluster counts it.
    /// </summary>
    private void Promised(long sent)
    {
        long until = sent + (_ttl * Dials.Second * 1000 / (1000 + World.Dials.ClockSkewPerMille));
        _heldUntil = Math.Max(_heldUntil, until);
        Workload.Promised(_lease, _heldUntil);
    }
}
