namespace Concord.Client.Connection;

/// <summary>
/// The endpoints and their health. Single calls go round over the healthy ones; streams share one, which everybody leaves, once, when
/// somebody finds it failing. An endpoint that fails is put aside for a time that doubles with each failure in a row.
/// </summary>
/// <remarks>
/// Being put aside is a preference, not a ban: when all are, the one whose time ends first is asked. A client that reaches nobody
/// keeps trying, and the first server to come back is found by the next call.
/// </remarks>
internal sealed class EndpointRing
{
    /// <summary>No endpoint has failed a call yet.</summary>
    public static readonly IReadOnlySet<int> None = new HashSet<int>();

    private readonly Lock _gate = new();
    private readonly Uri[] _endpoints;
    private readonly ConcordClientOptions _options;
    private readonly int[] _failures;

    /// <summary>Timestamps until which an endpoint is put aside; 0 for a healthy one.</summary>
    private readonly long[] _asideUntil;

    private int _current;
    private int _next;

    public EndpointRing(ConcordClientOptions options)
    {
        _options = options;
        _endpoints = [.. options.Endpoints];
        _failures = new int[_endpoints.Length];
        _asideUntil = new long[_endpoints.Length];
        _current = options.SpreadOverEndpoints ? Random.Shared.Next(_endpoints.Length) : 0;
        _next = _current;
    }

    public int Count => _endpoints.Length;

    public IReadOnlyList<Uri> All => _endpoints;

    /// <summary>The endpoint of the streams.</summary>
    public int CurrentIndex => Volatile.Read(ref _current);

    public Uri this[int index] => _endpoints[index];

    /// <summary>The endpoint for a single call that these have failed already; null if that was all of them.</summary>
    public int? Next(IReadOnlySet<int> tried)
    {
        if (tried.Count == _endpoints.Length)
            return null;
        lock (_gate)
        {
            var now = _options.TimeProvider.GetTimestamp();
            var chosen = Preferred_NeedsGate(_options.SpreadOverEndpoints ? _next : _current, tried, now);
            if (_options.SpreadOverEndpoints)
                _next = (chosen + 1) % Count;
            return chosen;
        }
    }

    /// <summary>The endpoint answered, be it with a refusal.</summary>
    public void Answered(int index)
    {
        if (Volatile.Read(ref _failures[index]) == 0)
            return;
        lock (_gate)
            (_failures[index], _asideUntil[index]) = (0, 0);
    }

    /// <summary>Puts the endpoint that failed aside; the streams leave it, unless somebody already did.</summary>
    public void MoveOnFrom(int failed)
    {
        lock (_gate)
        {
            var now = _options.TimeProvider.GetTimestamp();

            // Many calls find out about one failure at the same moment; it is one.
            if (_asideUntil[failed] <= now)
            {
                var bound = Backoff.Bound(++_failures[failed], endpoints: 1, _options.BackoffMin, _options.BackoffMax);
                _asideUntil[failed] = now + (long)(bound.TotalSeconds * _options.TimeProvider.TimestampFrequency);
            }

            if (failed != _current)
                return;
            Volatile.Write(ref _current, Preferred_NeedsGate((failed + 1) % Count, None, now));
        }
    }

    /// <summary>The first healthy one in the ring from an endpoint on; if there is none, the one that will be first.</summary>
    private int Preferred_NeedsGate(int first, IReadOnlySet<int> without, long now)
    {
        var preferred = -1;
        for (var step = 0; step < Count; step++)
        {
            var index = (first + step) % Count;
            if (without.Contains(index))
                continue;
            if (_asideUntil[index] <= now)
                return index;
            if (preferred < 0 || _asideUntil[index] < _asideUntil[preferred])
                preferred = index;
        }

        return preferred;
    }
}
