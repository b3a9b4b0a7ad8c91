using System.Security.Cryptography;

namespace Concord.Server.Replica;

/// <summary>
/// The calls that the replica has taken in and not answered, by number, with their deadlines. Of its turns alone.
/// </summary>
internal sealed class ReplicaCalls(ReplicaShared shared, ReplicaOptions options)
{
    /// <summary>A read round takes a round trip; this is several heartbeats.</summary>
    private static readonly TimeSpan SlowRead = TimeSpan.FromMilliseconds(500);

    private readonly ReplicaMetrics _metrics = options.Metrics;
    private readonly long _timeout = Timestamps(options, options.RequestTimeout);
    private readonly long _slowRead = Timestamps(options, SlowRead);
    private readonly Dictionary<long, ReplicaRequest> _underWay = [];
    private readonly Queue<(long Number, long Deadline)> _deadlines = new();
    private readonly List<ReplicaRequest> _answered = [];

    // Other members repeat the numbers. An answer to an earlier run of this process must not fit a call of this one.
    private long _last = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & 0x3FFF_FFFF_0000_0000;

    public int Count => _underWay.Count;

    /// <summary>When the present turn began: what calls that end in it are measured by.</summary>
    public long TurnBegan { get; set; }

    /// <summary>A number that no call had before.</summary>
    public long NextNumber() => ++_last;

    public long Add(ReplicaRequest request)
    {
        var number = NextNumber();
        _underWay.Add(number, request);
        _deadlines.Enqueue((number, request.Deadline));
        if (request.Kind == RequestKind.Propose)
        {
            _metrics.ProposalsPending.Add(1);
        }

        return number;
    }

    /// <summary>The call, or null if its time had run out.</summary>
    public ReplicaRequest? Find(long number) => _underWay.GetValueOrDefault(number);

    /// <summary>Takes a call off the list and puts it among the answered; null if its time had run out.</summary>
    public ReplicaRequest? Finish(long number)
    {
        if (!_underWay.Remove(number, out var request))
        {
            return null;
        }

        if (request.Kind == RequestKind.Propose)
        {
            _metrics.ProposalsPending.Add(-1);
        }
        else if (request.Kind == RequestKind.Read && TurnBegan - (request.Deadline - _timeout) > _slowRead)
        {
            _metrics.ReadsSlow.Add(1);
        }

        shared.Release(request);
        _answered.Add(request);
        return request;
    }

    public void Finish<T>(long number, T result)
    {
        if (Finish(number) is ReplicaRequest<T> request)
        {
            request.SetResult(result);
        }
    }

    public void Fail(long number, ReplicaException failure)
    {
        if (Finish(number) is not { } request)
        {
            return;
        }

        request.SetFailure(failure);
        if (request.Kind == RequestKind.Propose)
        {
            _metrics.ProposalsFailed.Add(1);
        }
        else if (request.Kind == RequestKind.Read)
        {
            _metrics.ReadsFailed.Add(1);
        }
    }

    public void TimeOut(long now, Func<ReplicaException> failure)
    {
        while (_deadlines.TryPeek(out var next))
        {
            var isUnderWay = _underWay.ContainsKey(next.Number);
            if (isUnderWay && next.Deadline > now)
            {
                break;
            }

            _deadlines.Dequeue();
            if (isUnderWay)
            {
                Fail(next.Number, failure());
            }
        }
    }

    public void FailAll(ReplicaException failure)
    {
        foreach (var number in _underWay.Keys.ToArray())
        {
            Fail(number, failure);
        }
    }

    /// <summary>Lets the callers of what was answered go on.</summary>
    public void Complete()
    {
        shared.Pump.Complete(_answered);
        _answered.Clear();
    }

    private static long Timestamps(ReplicaOptions options, TimeSpan time) => (long)(time.TotalSeconds * options.Time.TimestampFrequency);
}
