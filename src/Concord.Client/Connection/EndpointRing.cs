namespace Concord.Client.Connection;

/// <summary>
/// The endpoints in a ring and the one in use. Everybody stays with the current endpoint until somebody finds it
/// failing; then all move on, once, however many found out at the same time.
/// </summary>
internal sealed class EndpointRing
{
    private readonly Uri[] _endpoints;
    private int _current;

    public EndpointRing(IReadOnlyList<Uri> endpoints, bool startAnywhere)
    {
        _endpoints = [.. endpoints];
        _current = startAnywhere ? Random.Shared.Next(_endpoints.Length) : 0;
    }

    public int Count => _endpoints.Length;

    public IReadOnlyList<Uri> All => _endpoints;

    public int CurrentIndex => Volatile.Read(ref _current);

    public Uri this[int index] => _endpoints[index];

    /// <summary>Leaves the endpoint that failed, unless somebody already did.</summary>
    public void MoveOnFrom(int failed) => Interlocked.CompareExchange(ref _current, (failed + 1) % _endpoints.Length, failed);
}
