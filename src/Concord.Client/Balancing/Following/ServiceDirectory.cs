using Concord.Client.Configs;
using Concord.Client.Registry;
using Concord.Client.Routing;

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
    private readonly Func<string, RouteRulesFollower>? _rules;
    private readonly Dictionary<string, FollowedService> _services = [];
    private bool _disposed;

    public ServiceDirectory(ConcordClient client, ServiceDirectoryOptions? options = null)
        : this((client ?? throw new ArgumentNullException(nameof(client))).Registry.WatchAsync, client.Options, options ?? new())
    {
        if (_options.Routing is { } routing)
            _rules = service => client.FollowRouting(service, routing.Environment, routing.Labels, _options.CacheDirectory);
    }

    internal ServiceDirectory(
        Func<InstanceFilter, CancellationToken, IAsyncEnumerable<ServiceWatchEvent>> watch, ConcordClientOptions clientOptions, ServiceDirectoryOptions options) =>
        (_watch, _clientOptions, _options) = (watch, clientOptions, options);

    /// <summary>The pool for calls to this target. At once, and without instances at first: see <see cref="GetFilledAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">More than a thousand different services.</exception>
    public EndpointPool Get(PoolTarget target) => Find(target).Pool;

    /// <summary>The same, once it has been told who is there; without waiting any longer than <see cref="ServiceDirectoryOptions.FirstAnswer"/>.</summary>
    public ValueTask<EndpointPool> GetFilledAsync(PoolTarget target, CancellationToken cancellationToken = default)
    {
        var (pool, ready) = Find(target);
        return ready.IsCompleted ? new(pool) : WaitAsync(pool, ready, cancellationToken);
    }

    /// <summary>
    /// Feeds a pool that the caller made, with options of its own, until the answer is disposed of; the pool and its routing stay the caller's. The service is
    /// followed for all its pools once, and no longer when the last of them is gone, unless <see cref="Get"/> was asked for it.
    /// </summary>
    /// <exception cref="InvalidOperationException">More than a thousand different services.</exception>
    public IAsyncDisposable Feed(EndpointPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        FollowedService followed;
        lock (_gate)
        {
            followed = Follow_NeedsGate(pool.Service);
            followed.Join(pool);
        }

        followed.Fill(pool);
        return new Feeding(this, followed, pool);
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

    private (EndpointPool Pool, Task Ready) Find(PoolTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        // In one step, so that the service does not end in between with the last pool that it feeds.
        lock (_gate)
            return Follow_NeedsGate(target.Service).Pool(target, Options, _options.Routing?.Region ?? "");

        EndpointPoolOptions Options() => _options.PoolOptions(target.Service) with
        {
            EndpointName = target.EndpointName,
            Schemes = target.Schemes.Split('+', StringSplitOptions.RemoveEmptyEntries),
            LoggerFactory = _clientOptions.LoggerFactory,
            TimeProvider = _clientOptions.TimeProvider,
        };
    }

    private FollowedService Follow_NeedsGate(string service)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_services.TryGetValue(service, out var followed))
            return followed;
        if (_services.Count >= ServicesMax)
            throw new InvalidOperationException($"This process follows {ServicesMax} services already, '{service}' would be one more. Do services' names come from outside?");
        // What cannot be a service's name has no rules either, and no instances.
        var rules = _rules is not null && ConfigurationView.IsName(service) ? () => _rules(service) : (Func<RouteRulesFollower>?)null;
        followed = new FollowedService(service, _watch, _clientOptions, _options.CacheDirectory, rules);
        _services.Add(service, followed);
        return followed;
    }

    private async ValueTask EndAsync(FollowedService followed, EndpointPool pool)
    {
        lock (_gate)
        {
            if (!followed.Leave(pool) || _services.GetValueOrDefault(pool.Service) != followed)
                return;
            _services.Remove(pool.Service);
        }

        await followed.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<EndpointPool> WaitAsync(EndpointPool pool, Task ready, CancellationToken cancellationToken)
    {
        try
        {
            await ready.WaitAsync(_options.FirstAnswer, _clientOptions.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The pool is empty, which its user sees and can say in words of its own.
        }

        return pool;
    }

    private sealed class Feeding(ServiceDirectory directory, FollowedService followed, EndpointPool pool) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => directory.EndAsync(followed, pool);
    }
}
