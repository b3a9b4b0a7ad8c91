namespace Concord.Server.Replica;

/// <summary>
/// Runs the continuations of answered calls. Queuing each on the thread pool costs more than the put it answers (a wake-up
/// per call), running them within a turn of the replica would let a caller delay everybody. So the answers of one turn
/// go to one queue that a few pool threads empty: one wake-up for many answers, and callers on the same connection find
/// each other's responses in the same write.
/// </summary>
internal sealed class CompletionPump : IThreadPoolWorkItem
{
    /// <summary>Answers that one thread is given before another one is worth waking.</summary>
    private const int PerThread = 32;

    private readonly Lock _lock = new();
    private readonly Queue<ReplicaRequest> _answered = new();
    private int _running;

    /// <summary>Hands over answered calls; <paramref name="answered"/> may be used again.</summary>
    public void Complete(List<ReplicaRequest> answered)
    {
        if (answered.Count == 0)
        {
            return;
        }

        int start;
        lock (_lock)
        {
            foreach (var request in answered)
            {
                _answered.Enqueue(request);
            }

            var wanted = Math.Min(Environment.ProcessorCount, (_answered.Count + PerThread - 1) / PerThread);
            start = Math.Max(0, wanted - _running);
            _running += start;
        }

        for (; start > 0; start--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            ReplicaRequest? request;
            lock (_lock)
            {
                if (!_answered.TryDequeue(out request))
                {
                    _running--;
                    return;
                }
            }

            request.Complete();
        }
    }
}
