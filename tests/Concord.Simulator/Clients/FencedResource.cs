using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>
/// What the lock protects, outside of the cluster: a store that remembers the greatest fencing token that it was shown and refuses
/// lesser ones. Holders write to it, some of them long after their lease has ended, as a process does that was asleep.
/// </summary>
internal sealed class FencedResource(Simulation world, Dice dice)
{
    private const long Prompt = 20_000;
    private const long AsleepMax = 8 * Dials.Second;

    private long _token;
    private int _holder;

    /// <summary>The holder begins a write, which arrives when it has slept as long as it sleeps.</summary>
    public void Use(LockClient holder)
    {
        long token = holder.Token;
        long delay = dice.Chance(100) ? dice.Between(Prompt, AsleepMax) : dice.Around(Prompt);
        world.Events.After(delay, () => Write(holder.Number, token, relies: holder.Token == token && holder.HoldsUntil > world.Events.Now));
    }

    /// <param name="client">The writer's number.</param>
    /// <param name="token">The revision in which it got the lock.</param>
    /// <param name="relies">Whether it may still rely on holding the lock.</param>
    internal void Write(int client, long token, bool relies)
    {
        if (token == _token && client != _holder)
            throw new SimulationFailedException($"clients {_holder} and {client} have the lock with the same token {token}");
        if (token < _token && relies)
            throw new SimulationFailedException($"client {client} relies on the lock with token {token}, and client {_holder} has had it with {_token}");
        if (token < _token)
        {
            world.Figures.WritesFenced++;
            return;
        }

        (_token, _holder) = (token, client);
        world.Figures.WritesGuarded++;
    }
}
