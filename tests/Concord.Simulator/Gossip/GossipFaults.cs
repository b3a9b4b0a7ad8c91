using Concord.Simulator.Runs;

namespace Concord.Simulator.Gossip;

/// <summary>Loss, slow members, crashes, a cut, members that come and go: when and whom.</summary>
internal sealed class GossipFaults(GossipRun run, GossipDials dials, Dice dice)
{
    private readonly PriorityQueue<Action, (long Time, int Number)> _plan = new();
    private int _planned;
    private bool _isCut;
    private bool _wasCut;

    public bool Loses(int from, int to) => IsCut(from, to) || dice.Chance(dials.LossPerMille);

    /// <summary>Odd numbers do not hear even ones.</summary>
    public bool IsCut(int from, int to) => _isCut && AreApart(from, to);

    public bool WasCut(int from, int to) => _wasCut && AreApart(from, to);

    public void BeginSlowness()
    {
        for (int i = 0; i < dials.Slow; i++)
            run.Pick(member => !member.IsSlow).IsSlow = true;
    }

    /// <summary>
    /// When what a member sends leaves, and what it gets reaches it: now, unless it is held up. Slow members are held up at the same
    /// time, so that they hear each other as little as the others.
    /// </summary>
    public long HeldUntil(SimulatedMember member)
    {
        if (!member.IsSlow)
            return run.Now;
        long phase = (run.Now - GossipDials.WarmUp) % (dials.SlowFor + dials.SlowPause);
        return phase < dials.SlowFor ? run.Now - phase + dials.SlowFor : run.Now;
    }

    /// <summary>From after the calm to the end of all faults.</summary>
    public void Run()
    {
        // The event has arrived by then.
        At(run.Now + 2000, CrashSome);
        if (dials.Partition > 0)
        {
            At(GossipDials.WarmUp + (dials.Duration / 2), () => _wasCut = _isCut = true);
            At(GossipDials.WarmUp + (dials.Duration / 2) + dials.Partition, () => _isCut = false);
        }

        if (dials.ChurnPerMinute > 0)
            Churn();
        long end = Math.Max(End, GossipDials.WarmUp + (dials.Duration / 2) + dials.Partition);
        while (_plan.TryPeek(out _, out var next) && next.Time <= end)
        {
            run.RunTo(next.Time);
            _plan.Dequeue()();
        }

        run.RunTo(end);
        foreach (var member in run.Members)
            member.IsSlow = false;
    }

    private static bool AreApart(int from, int to) => ((from ^ to) & 1) != 0;

    private long End => GossipDials.WarmUp + dials.Duration;

    private void At(long time, Action action) => _plan.Enqueue(action, (time, ++_planned));

    private void CrashSome()
    {
        for (int i = 0; i < dials.Crashes; i++)
            run.Crash(run.Pick(member => member is { IsRunning: true, IsSlow: false, IsLeaving: false }));
    }

    private void Churn()
    {
        double gap = 60_000 / dials.ChurnPerMinute;
        for (double time = run.Now; time < End; time += gap)
            At((long)time, Exchange);
    }

    private void Exchange()
    {
        var member = run.Pick(one => one is { IsRunning: true, IsSlow: false, IsLeaving: false });
        if (dice.Flip())
            run.Leave(member);
        else
            run.Crash(member);
        run.Join();
    }
}
