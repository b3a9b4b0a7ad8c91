namespace Concord.Server.Replica;

/// <summary>
/// Runs the continuations of calls that wait no longer. Queuing each on the thread pool costs more than what it does (a wake-up
/// per call), running them where the answer arises would let a caller delay everybody. So all that arises at once goes
/// to one queue that a few pool threads empty: one wake-up for many continuations, and calls on the same connection find
/// each other's responses in the same write.
/// </summary>
/// <param name="complete">Runs one; it must not throw.</param>
internal sealed class CompletionPump<T>(Action<T> complete) : IThreadPoolWorkItem
{
    /// <summary>Continuations that one thread is given before another one is worth waking.</summary>
    private const int PerThread = 32;

    private readonly Lock _lock = new();
    private readonly Queue<T> _waiting = new();
    private int _running;

    /// <summary>Hands over many; <paramref name="items"/> may be used again.</summary>
    public void Complete(List<T> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        int start;
        lock (_lock)
        {
            foreach (var item in items)
            {
                _waiting.Enqueue(item);
            }

            start = Wanted();
        }

        Start(start);
    }

    public void Complete(T item)
    {
        int start;
        lock (_lock)
        {
            _waiting.Enqueue(item);
            start = Wanted();
        }

        Start(start);
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            T? item;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out item))
                {
                    _running--;
                    return;
                }
            }

            complete(item);
        }
    }

    /// <summary>Counts in the threads that are missing.</summary>
    private int Wanted()
    {
        var wanted = Math.Min(Environment.ProcessorCount, (_waiting.Count + PerThread - 1) / PerThread);
        var start = Math.Max(0, wanted - _running);
        _running += start;
        return start;
    }

    private void Start(int threads)
    {
        for (; threads > 0; threads--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
