using System.Runtime;

namespace Concord.Server.Replica;

/// <summary>
/// Keeps the garbage collector from looking through memory while a large state is built, nearly none of which is garbage:
/// dozens of collections that stop every thread to find nothing were a fifth of the time. What is allocated beyond the
/// limit is collected as ever, and so is all of it where so much memory is not to be had.
/// </summary>
internal readonly struct CollectionPause : IDisposable
{
    /// <summary>Where collections get rare enough by themselves, and memory too dear to be taken beforehand.</summary>
    private const long BytesMax = 1L << 30;

    /// <summary>With less to allocate, there is hardly a collection to be spared.</summary>
    private const long BytesMin = 16L << 20;

    private readonly bool _began;

    private CollectionPause(bool began) => _began = began;

    /// <param name="bytes">How much will be allocated, about.</param>
    public static CollectionPause Begin(long bytes)
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var limit = Math.Min(BytesMax, available / 2);
        if (bytes < BytesMin || GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            return default;
        }

        try
        {
            HugePages.WantForHeap();
            return new(GC.TryStartNoGCRegion(Math.Min(bytes, limit)));
        }
        catch (ArgumentOutOfRangeException)
        {
            // More than this collector can set aside.
            return default;
        }
    }

    public void Dispose()
    {
        // Allocating more than was asked for has ended it already.
        if (_began && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }
    }
}
