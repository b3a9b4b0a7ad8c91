using System.Threading.Channels;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// Brings changes to those who watch. A change of the store is looked up in the scopes of the views that are watched;
/// only those are resolved, each once however many watch it, and only if the settings became others are its subscribers
/// signalled. A few senders take the signalled connections from a queue; each message was encoded once.
/// </summary>
/// <remarks>
/// What a publish to ten thousand subscribers costs: one resolution, one encoding, and for each subscriber a
/// compare-and-swap, a place in the queue and a copy into the connection's buffer. No task waits per stream, so nothing
/// is scheduled per stream; a stream that cannot take the message goes on by itself when it can.
/// </remarks>
internal sealed class ConfigHub : IDisposable
{
    private readonly ConfigStore _store;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ViewFamily> _families = [];
    private readonly HashSet<WatchConnection> _connections = [];
    private readonly Channel<WatchConnection> _queue = Channel.CreateUnbounded<WatchConnection>(new() { AllowSynchronousContinuations = false });
    private readonly ITimer _timer;
    private bool _isStopping;
    private long _revision;

    public ConfigHub(ConfigStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
        _timer = time.CreateTimer(static hub => ((ConfigHub)hub!).OnTick(), this, TickInterval, TickInterval);
    }

    /// <summary>A connection that was silent this long gets a heartbeat.</summary>
    public static TimeSpan HeartbeatInterval { get; } = TimeSpan.FromSeconds(15);

    /// <summary>One timer for all connections; spreads heartbeats by itself, as connections were made at different times.</summary>
    private static TimeSpan TickInterval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Changes up to this revision of the store were taken into the views.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Distinct views that are watched: what a change costs.</summary>
    public int ViewCount
    {
        get
        {
            lock (_lock)
            {
                return _families.Values.Sum(static family => family.ViewCount);
            }
        }
    }

    public int SubscriptionCount
    {
        get
        {
            lock (_lock)
            {
                return _connections.Sum(static connection => connection.Subscriptions.Count);
            }
        }
    }

    /// <summary>What became of what was pushed.</summary>
    public PushCounts Pushes { get; } = new();

    public int ConnectionCount
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    public void Add(WatchConnection connection)
    {
        lock (_lock)
        {
            connection.Start(_time.GetTimestamp(), Pushes);
            _connections.Add(connection);
            if (_isStopping)
            {
                connection.Close();
            }
        }
    }

    /// <summary>Begins to follow a view; the first event is on its way when this returns.</summary>
    /// <param name="knownVersion">What the client holds; empty for nothing.</param>
    /// <param name="knownRevision">
    /// Instead: the revision up to which it followed this view; 0 for none. One that is not here yet may be of another
    /// store that stood at this address before, so what the client holds is not known and it gets the whole view.
    /// </param>
    /// <param name="store">As the caller may use it.</param>
    /// <exception cref="ConfigException">There is no such view, or the caller may not see it.</exception>
    public ConfigSubscription Subscribe(WatchConnection connection, ConfigStore store, int number, ViewKey key, string knownVersion, long knownRevision, InstanceIdentity? instance)
    {
        ConfigSubscription subscription;
        var warrant = new ViewWarrant(store);
        lock (_lock)
        {
            var state = store.State();
            Known.RequireView(state, key, "subscribe.view");
            if (!_families.TryGetValue(key.With(Labels.Empty).Text, out var family))
            {
                family = new(key, state);
                _families.Add(family.Key.Text, family);
            }

            var entry = family.Join(key.Labels, state);
            var known = knownVersion.Length > 0 ? knownVersion : knownRevision > 0 && knownRevision <= Math.Max(Revision, entry.Published.StoreRevision) ? entry.Published.VersionAt(knownRevision) : null;
            subscription = new(connection, number, key.Labels, instance, warrant, _time.GetUtcNow().ToUnixTimeMilliseconds()) { SentVersion = known, Entry = entry };
            entry.Subscribers.Add(subscription);
            if (warrant.Refusal(entry.Published.View) is { } refusal)
            {
                Leave(subscription);
                throw new ConfigException(refusal);
            }

            connection.Add(subscription);
        }

        Signal(connection);
        return subscription;
    }

    public void Unsubscribe(ConfigSubscription subscription)
    {
        lock (_lock)
        {
            subscription.Connection.Remove(subscription);
            Leave(subscription);
        }
    }

    /// <summary>Ends a connection; completes when nothing is written to it any more.</summary>
    public Task RemoveAsync(WatchConnection connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
            foreach (var subscription in connection.Subscriptions)
            {
                Leave(subscription);
            }
        }

        connection.Close();
        return connection.Completion;
    }

    public void Signal(WatchConnection connection)
    {
        if (connection.Signal())
        {
            _queue.Writer.TryWrite(connection);
        }
    }

    /// <summary>Every subscription of an instance that has said who it is; null is any application or environment.</summary>
    /// <exception cref="ConfigException">There is none, and no such application or environment either.</exception>
    public IReadOnlyList<ConfigSubscription> Instances(ConfigStore store, string? application, string? environment)
    {
        var state = store.State();
        if (application is not null)
        {
            state.Rights.RequireSome(application, environment);
        }

        var found = Find(application, environment)
            .FindAll(one => state.Rights.MayReadSome(one.Entry.Key.Application, one.Entry.Key.Environment));
        if (found.Count > 0 || application is null)
        {
            return found;
        }

        if (environment is null)
        {
            Known.RequireApplication(state, application, "");
        }
        else
        {
            Known.RequireServed(state, application, environment);
        }

        return found;
    }

    private List<ConfigSubscription> Find(string? application, string? environment)
    {
        lock (_lock)
        {
            return _connections.SelectMany(static connection => connection.Subscriptions)
                .Where(subscription => subscription.Instance is not null
                    && (application is null || subscription.Entry.Key.Application == application)
                    && (environment is null || subscription.Entry.Key.Environment == environment))
                .OrderBy(static subscription => subscription.Entry.Key.Text, StringComparer.Ordinal)
                .ThenBy(static subscription => subscription.Instance!.Id, StringComparer.Ordinal)
                .ToList();
        }
    }

    /// <summary>Rights have changed: every connection looks whether it may still see what it follows.</summary>
    public void CheckAgain()
    {
        List<WatchConnection> all;
        lock (_lock)
        {
            all = [.. _connections];
        }

        foreach (var connection in all)
        {
            Signal(connection);
        }
    }

    /// <summary>Ends all connections, so that their calls can end.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopping = true;
            foreach (var connection in _connections)
            {
                connection.Close();
            }
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _queue.Writer.TryComplete();
    }

    /// <summary>One sender; several run side by side. Ends when the hub is disposed.</summary>
    public async Task SendAsync()
    {
        await foreach (var connection in _queue.Reader.ReadAllAsync())
        {
            // A write that the client does not take at once goes on without this sender.
            _ = WriteAsync(connection);
        }
    }

    /// <summary>Takes a change into account: resolves the views that it can concern.</summary>
    /// <param name="changed">Null when anything may have changed.</param>
    public void Refresh(IReadOnlySet<Scope>? changed, long revision)
    {
        var behind = new List<ConfigSubscription>();
        lock (_lock)
        {
            var state = _store.State();
            foreach (var family in _families.Values.Where(family => changed is null || family.Scopes.Overlaps(changed)))
            {
                behind.AddRange(family.Refresh(state));
            }
        }

        Volatile.Write(ref _revision, Math.Max(Revision, revision));
        var now = _time.GetTimestamp();
        foreach (var subscription in behind)
        {
            subscription.Changed(now);
            Signal(subscription.Connection);
        }
    }

    private async Task WriteAsync(WatchConnection connection)
    {
        if (await connection.WriteAllAsync(_time))
        {
            _queue.Writer.TryWrite(connection);
        }
    }

    private void Leave(ConfigSubscription subscription)
    {
        var family = subscription.Entry.Family;
        family.Leave(subscription);
        if (family.IsEmpty)
        {
            _families.Remove(family.Key.Text);
        }
    }

    private void OnTick()
    {
        WatchEvent.Heartbeat? heartbeat = null;
        var quiet = new List<WatchConnection>();
        lock (_lock)
        {
            foreach (var connection in _connections)
            {
                if (_time.GetElapsedTime(connection.LastWrite) >= HeartbeatInterval && connection.Subscriptions.Count > 0)
                {
                    quiet.Add(connection);
                }
            }
        }

        foreach (var connection in quiet)
        {
            connection.AskHeartbeat(heartbeat ??= new(Revision));
            Signal(connection);
        }
    }
}
