using Concord.Client.Configs;
using Concord.Client.Connection;
using Concord.Client.Kv;
using Concord.Client.Leases;
using Concord.Client.Subscriptions;
using Grpc.Core;

namespace Concord.Client;

/// <summary>
/// The way into Concord for a program: holds the connection that everything else shares. Thread-safe; make one per
/// process and dispose it at the end.
/// </summary>
/// <example>
/// <code>
/// await using var client = new ConcordClient("http://localhost:2379");
/// </code>
/// </example>
public sealed partial class ConcordClient : IAsyncDisposable
{
    private readonly EndpointRing _ring;
    private readonly ChannelSet _channels;
    private readonly FailoverInvoker _invoker;
    private readonly ConfigStreams _configStreams;
    private readonly LeaseStream _leaseStream;
    private readonly WatchStream _watchStream;
    private int _disposed;

    /// <param name="endpoints">One or several addresses, see <see cref="ConcordEndpoints.Parse"/>.</param>
    /// <exception cref="FormatException">An address cannot be read.</exception>
    public ConcordClient(string endpoints)
        : this(new ConcordClientOptions { Endpoints = ConcordEndpoints.Parse(endpoints) })
    {
    }

    /// <exception cref="ArgumentException">An option cannot work; the message names all that cannot.</exception>
    public ConcordClient(ConcordClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _ring = new EndpointRing(options);
        _channels = new ChannelSet(options);
        _invoker = new FailoverInvoker(_ring, _channels, options, options.LoggerFactory.CreateLogger("Concord.Client"));
        _configStreams = new ConfigStreams(() => new ConfigStream(_ring, _channels, _invoker, options));
        _leaseStream = new LeaseStream(_invoker, options);
        _watchStream = new WatchStream(_invoker, options);
    }

    public ConcordClientOptions Options { get; }

    /// <summary>The endpoint of the streams at present; of single calls too unless they spread over all
    /// (<see cref="ConcordClientOptions.SpreadOverEndpoints"/>).</summary>
    public Uri CurrentEndpoint => _ring[_ring.CurrentIndex];

    /// <summary>What generated gRPC clients run on: fails over, and raises only <see cref="ConcordException"/>s and
    /// <see cref="OperationCanceledException"/>.</summary>
    internal CallInvoker Invoker => _invoker;

    /// <summary>Follows a view of the configuration until the subscription or the client is disposed. Does not wait for
    /// the server: see <see cref="ConfigSubscription.WaitForServerAsync"/>.</summary>
    public ConfigSubscription Subscribe(ConfigurationView view, ConfigSubscriptionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return _configStreams.Add(view, options ?? new ConfigSubscriptionOptions());
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _leaseStream.DisposeAsync().ConfigureAwait(false);
        await _watchStream.DisposeAsync().ConfigureAwait(false);
        await _configStreams.DisposeAsync().ConfigureAwait(false);
        _channels.Dispose();
    }
}
