using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Concord.Client;
using Concord.Client.Balancing.Following;
using Concord.Client.Registry;
using Concord.Tests.Client.Balancing;
using InstanceFilter = Concord.Client.Registry.InstanceFilter;

namespace Concord.Tests.Extensions.Balancing;

/// <summary>Says who is there, as the test wants it; and is away, as the test wants it.</summary>
internal sealed class FakeRegistry
{
    private readonly Lock _gate = new();
    private readonly List<Channel<ServiceWatchEvent>> _watches = [];
    private ServiceView _view = Fleet.View();

    /// <summary>No server answers.</summary>
    public bool IsAway { get; set; }

    /// <summary>The server refuses.</summary>
    public bool Refuses { get; set; }

    public int Watches
    {
        get
        {
            lock (_gate)
                return _watches.Count;
        }
    }

    public void Set(params IEnumerable<ServiceInstance> instances)
    {
        lock (_gate)
        {
            _view = Fleet.View(instances);
            foreach (var watch in _watches)
                watch.Writer.TryWrite(new ServiceWatchEvent.Full(_view));
        }
    }

    public void Interrupt()
    {
        IsAway = true;
        lock (_gate)
        {
            foreach (var watch in _watches)
                watch.Writer.TryWrite(new ServiceWatchEvent.Interrupted(new ConcordUnavailableException("nobody is there"), TimeSpan.Zero));
        }
    }

    public ServiceDirectory Directory(ServiceDirectoryOptions? options = null, ConcordClientOptions? clientOptions = null) => new(
        WatchAsync, clientOptions ?? new() { BackoffMin = TimeSpan.FromMilliseconds(5), BackoffMax = TimeSpan.FromMilliseconds(20) }, options ?? new() { CacheDirectory = null });

    public async IAsyncEnumerable<ServiceWatchEvent> WatchAsync(InstanceFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var news = Channel.CreateUnbounded<ServiceWatchEvent>();
        lock (_gate)
        {
            _watches.Add(news);
            if (!IsAway)
                news.Writer.TryWrite(new ServiceWatchEvent.Full(filter.Service == Fleet.Service ? _view : new([], [], 1)));
        }

        if (Refuses)
            throw new ConcordUnavailableException("not allowed");
        await foreach (var one in news.Reader.ReadAllAsync(cancellationToken))
            yield return one;
    }
}
