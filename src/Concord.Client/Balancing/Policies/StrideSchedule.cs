namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Whose turn it is, in proportion to weights, without a lock: the "static stride scheduler" of gRFC A58. One counter walks over the list
/// again and again; in round g, entry i with weight w of at most M has its turn when (w·g + i·M/2) mod M ≥ M − w, which is true in w of M rounds and
/// evenly spaced. The heaviest has its turn in every round, so a choice looks at no more than two rounds.
/// </summary>
/// <example>Weights 2, 1 give a, b, a, a, b, a, …: never b twice, never a three times in a row.</example>
internal sealed class StrideSchedule
{
    private const int Max = ushort.MaxValue;

    private readonly ushort[] _weights;
    private ulong _sequence;

    /// <param name="start">Where to begin; callers that begin elsewhere do not walk in step.</param>
    public StrideSchedule(ReadOnlySpan<double> weights, ulong start)
    {
        var heaviest = 0.0;
        foreach (var weight in weights)
            heaviest = Math.Max(heaviest, weight);
        _weights = new ushort[weights.Length];
        for (var i = 0; i < weights.Length; i++)
            _weights[i] = (ushort)Math.Max(1, Math.Round(weights[i] / heaviest * Max));
        // Small enough that the counter does not wrap in any lifetime.
        _sequence = start >> 16;
    }

    public int Next()
    {
        while (true)
        {
            var sequence = Interlocked.Increment(ref _sequence);
            var (round, index) = Math.DivRem(sequence, (ulong)_weights.Length);
            var weight = (ulong)_weights[index];
            if (((weight * (round % Max)) + (index * (Max / 2))) % Max >= Max - weight)
                return (int)index;
        }
    }
}
