using Concord.Client.Balancing;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Load;

/// <summary>A process that calls: its own pool, calls at random moments, one retry if the budget allows it.</summary>
internal sealed class LoadCaller(LoadRun run, EndpointPool pool, Dice dice, double meanGap)
{
    public EndpointPool Pool => pool;

    public void Start() => run.Events.After(Gap(), () =>
    {
        Call();
        Start();
    });

    // Poisson arrivals.
    private long Gap() => (long)(-Math.Log((dice.Below(1_000_000) + 1) / 1_000_001.0) * meanGap);

    private void Call()
    {
        pool.RetryBudget.Deposit();
        Attempt(run.Events.Now, (ulong)dice.Below(100_000) * StableHash.Golden, null);
    }

    private void Attempt(long started, ulong key, PoolEndpoint? avoid)
    {
        if (!pool.TryPick(new() { Key = key, Avoid = avoid is null ? null : [avoid] }, out var pick))
        {
            run.Figures.Add(started, run.Events.Now, false, avoid is not null);
            return;
        }

        var isOver = false;
        run.Events.After(run.Dials.AttemptTimeout, () => End(CallOutcome.Abandoned));
        run.Events.After(run.Dials.Network / 2, () =>
        {
            var instance = run.InstanceOf(pick.Endpoint);
            if (instance is null or { IsDown: true })
                run.Events.After(run.Dials.Network / 2, () => End(CallOutcome.ConnectionFailure));
            else
                instance.Take(isWell => run.Events.After(run.Dials.Network / 2, () => End(isWell ? CallOutcome.Success : CallOutcome.Failure)));
        });

        void End(CallOutcome outcome)
        {
            if (isOver)
                return;
            isOver = true;
            pick.Complete(outcome);
            if (outcome != CallOutcome.Success && avoid is null && run.Dials.Retries && pool.RetryBudget.TryWithdraw())
                Attempt(started, key, pick.Endpoint);
            else
                run.Figures.Add(started, run.Events.Now, outcome == CallOutcome.Success, avoid is not null);
        }
    }
}
