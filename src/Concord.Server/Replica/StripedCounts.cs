namespace Concord.Server.Replica;

/// <summary>
/// Numbers that many threads raise: a row of them for each processor, so that two calls on two processors do not pull at one
/// cache line. Reading adds the rows up and may miss what happens meanwhile.
/// </summary>
internal sealed class StripedCounts
{
    /// <summary>Beyond this a row is shared by a few processors; it bounds the memory on large machines.</summary>
    private const int RowsMax = 16;

    private readonly long[][] _rows;

    public StripedCounts(int count)
    {
        _rows = new long[Math.Min(Environment.ProcessorCount, RowsMax)][];
        for (var i = 0; i < _rows.Length; i++)
        {
            _rows[i] = new long[count];
        }
    }

    public void Add(int index, long more = 1) =>
        Interlocked.Add(ref _rows[(uint)Thread.GetCurrentProcessorId() % (uint)_rows.Length][index], more);

    public long this[int index]
    {
        get
        {
            var sum = 0L;
            foreach (var row in _rows)
            {
                sum += Volatile.Read(ref row[index]);
            }

            return sum;
        }
    }
}
