using Concord.Raft;

namespace Concord.Simulator.Runs;

/// <summary>
/// A stream of random choices. Each part of a run has a stream of its own (<see cref="Fork"/>), so that one more draw
/// in one part does not change what happens in all the others. Integers only: the same on every machine.
/// </summary>
internal sealed class Dice(ulong seed)
{
    private SplitMix _mix = new(seed);

    public ulong Next() => _mix.Next();

    public Dice Fork() => new(_mix.Next());

    /// <summary>A number in [0, <paramref name="bound"/>).</summary>
    public int Below(int bound) => _mix.Below(bound);

    /// <summary>A number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public long Between(long min, long max) => min + (long)(_mix.Next() % (ulong)(max - min + 1));

    public int Between(int min, int max) => (int)Between((long)min, max);

    public bool Chance(int perMille) => perMille > 0 && _mix.Below(1000) < perMille;

    public bool Flip() => _mix.Below(2) == 0;

    public T Pick<T>(IReadOnlyList<T> from) => from[_mix.Below(from.Count)];

    /// <summary>A duration about <paramref name="mean"/>: mostly from half to one and a half, one in fifty up to eight times.</summary>
    public long Around(long mean) =>
        mean <= 0 ? 0 : _mix.Below(50) == 0 ? Between(mean, 8 * mean) : Between(mean / 2, mean + (mean / 2));
}
