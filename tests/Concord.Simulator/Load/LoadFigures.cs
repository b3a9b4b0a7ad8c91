namespace Concord.Simulator.Load;

/// <summary>What callers saw after the warm-up. A call that fails in the end counts for the errors, not for the latencies.</summary>
internal sealed class LoadFigures(long warmUp)
{
    private readonly List<int> _latencies = [];
    private int[]? _sorted;

    public long Calls { get; private set; }

    public long Errors { get; private set; }

    public long Retried { get; private set; }

    public double ErrorShare => Calls == 0 ? 0 : (double)Errors / Calls;

    /// <summary>The most that an instance worked for its size, in relation to the mean: 1 is even.</summary>
    public double Imbalance { get; set; }

    public void Add(long started, long ended, bool isWell, bool isRetried)
    {
        if (started < warmUp)
            return;
        Calls++;
        Retried += isRetried ? 1 : 0;
        if (isWell)
            _latencies.Add((int)(ended - started));
        else
            Errors++;
    }

    /// <summary>In milliseconds.</summary>
    public double Percentile(double share)
    {
        if (_sorted is null)
        {
            _sorted = [.. _latencies];
            Array.Sort(_sorted);
        }

        return _sorted.Length == 0 ? 0 : _sorted[Math.Min(_sorted.Length - 1, (int)(share * _sorted.Length))] / 1000.0;
    }
}
