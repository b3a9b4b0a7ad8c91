using Concord.Client.Registry;

namespace Concord.Client.Balancing.Following;

/// <summary>
/// The services that this process calls: each is followed from its first use on, once, whoever calls it and how. Make one per process and dispose it
/// before the client.
/// </summary>
/// <example>
/// <code>
/// await using var services = new ServiceDirectory(client);
/// var pool = await services.GetFilledAsync(new("orders", Schemes: "http"), cancellationToken);
/// if (pool.TryPick(default, out var pick))
/// {
///     // … call pick.Endpoint.Uri …
///     pick.Complete(CallOutcome.Success);
/// }
/// </code>
/// </example>
public sealed class ServiceDirectory : IAsyncDisposable
{
    /// <summary>A process calls dozens of services. Names can come from addresses that somebody else chose: they must not fill the memory.</summary>
    private const int ServicesMax = 1_000;

    private readonly Lock _gate = new();
    private readonly Func<InstanceFilter, CancellationToken, IAsyncEnumerable<ServiceWatchEvent>> _watch;
    private readonly ConcordClientOptions _clientOptions;
    private readonly ServiceDirectoryOptions _options;
    private readonly Dictionary<string, FollowedService> _services = [];
    private bool _disposed;

    public ServiceDirectory(ConcordClient client, ServiceDirectoryOptions? options = null)
        : this((client ?? throw new ArgumentNullException(nameof(client))).Registry.WatchAsync, client.Options, options ?? new())
    {
    }

    internal ServiceDirectory(
        Func<InstanceFilter, CancellationToken, IAsyncEnumerable<ServiceWatchEvent>> watch, ConcordClientOptions clientOptions, ServiceDirectoryOptions options) =>
        (_watch, _clientOptions, _options) = (watch, clientOptions, options);

    /// <summary>The pool for calls to this target. At once, and without instances at first: see <see cref="GetFilledAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">More than a thousand different services.</exception>
    public EndpointPool Get(PoolTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        FollowedService? followed;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_services.TryGetValue(target.Service, out followed))
            {
                if (_services.Count >= ServicesMax)
                    throw new InvalidOperationException($"This process follows {ServicesMax} services already, '{target.Service}' would be one more. Do services' names come from outside?");
                _services.Add(target.Service, followed = new FollowedService(target.Service, _watch, _clientOptions, _options.CacheDirectory));
            }
        }

        return followed.Pool(target, () => new EndpointPool(target.Service, _options.PoolOptions(target.Service) with
        {
            EndpointName = target.EndpointName,
            Schemes = target.Schemes.Split('+', StringSplitOptions.RemoveEmptyEntries),
            LoggerFactory = _clientOptions.LoggerFactory,
            TimeProvider = _clientOptions.TimeProvider,
        }));
    }

    /// <summary>The same, once it has been told who is there; without waiting any longer than <see cref="ServiceDirectoryOptions.FirstAnswer"/>.</summary>
    public ValueTask<EndpointPool> GetFilledAsync(PoolTarget target, CancellationToken cancellationToken = default)
    {
        var pool = Get(target);
        return pool.Filled.IsCompleted ? new(pool) : WaitAsync(pool, cancellationToken);
    }

    /// <summary>How all pools do, in the order of the services.</summary>
    public IReadOnlyList<PoolStatus> GetStatus()
    {
        List<FollowedService> all;
        lock (_gate)
            all = [.. _services.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value)];
        return [.. all.SelectMany(one => one.GetStatus())];
    }

    public async ValueTask DisposeAsync()
    {
        List<FollowedService> all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _services.Values];
            _services.Clear();
        }

        foreach (var one in all)
            await one.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<EndpointPool> WaitAsync(EndpointPool pool, CancellationToken cancellationToken)
    {
        try
        {
            await pool.Filled.WaitAsync(_options.FirstAnswer, _clientOptions.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The pool is empty, which its user sees and can say in words of its own.
        }

        return pool;
    }
}
