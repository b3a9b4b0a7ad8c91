namespace Concord.Client.Balancing;

/// <summary>
/// Random numbers for choices, from a seed: SplitMix64 whose state is advanced by one atomic addition, so threads share it without a
/// lock and a run with one thread can be repeated.
/// </summary>
public sealed class BalancingRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>With a seed that differs from process to process: a fleet that started together must not choose in step.</summary>
    public BalancingRandom()
        : this((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue))
    {
    }

    public ulong Next() => StableHash.Mix(Interlocked.Add(ref _state, StableHash.Golden));

    /// <summary>A number in [0, <paramref name="count"/>).</summary>
    public int Below(int count) => StableHash.Index(Next(), count);
}
