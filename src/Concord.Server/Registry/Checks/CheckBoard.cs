using Concord.Checks;
using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Checks;

/// <summary>What is looked at of one registration.</summary>
/// <param name="Node">The agent that it came through; null: none.</param>
internal sealed record BoardEntry(long Generation, CheckSpec Check, string? Node);

/// <summary>
/// Which instances are to be looked at, by the agent that they were registered through. Written by the one that follows the registry
/// (<see cref="CheckRunner"/>), read by the streams of agents: an agent costs what it has, not what there is. Safe to use from any
/// thread.
/// </summary>
internal sealed class CheckBoard
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Service, string Id), BoardEntry> _all = [];
    private readonly Dictionary<string, Host> _hosts = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when everything that there was at the start is on the board.</summary>
    public Task Ready => _ready.Task;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>Everything that there is.</summary>
    public void Set(IEnumerable<RegistryInstance> instances)
    {
        lock (_lock)
        {
            var gone = _all.Keys.ToHashSet();
            foreach (var one in instances)
            {
                Note(one.Service, one.Id, one);
                gone.Remove((one.Service, one.Id));
            }

            foreach (var (service, id) in gone)
            {
                Note(service, id, null);
            }
        }

        _ready.TrySetResult();
    }

    /// <summary>An instance has changed in any way, or is gone. True if what is to be looked at is another thing than before.</summary>
    public bool Note(string service, string id, RegistryInstance? one)
    {
        lock (_lock)
        {
            var before = _all.GetValueOrDefault((service, id));
            var now = one?.Record is { Persistent: true, Check.Spec: { } check } record ? new BoardEntry(record.Generation, check, record.Node) : null;
            if (now is null)
            {
                _all.Remove((service, id));
            }
            else
            {
                _all[(service, id)] = now;
            }

            if (before?.Node is { } old && old != now?.Node && _hosts.TryGetValue(old, out var left))
            {
                left.Instances.Remove((service, id));
                Tell(old, left);
            }

            if (now?.Node is { } node)
            {
                var host = HostOf(node);
                host.Instances.Add((service, id));
                Tell(node, host);
            }

            return before != now;
        }
    }

    public IReadOnlyList<KeyValuePair<(string Service, string Id), BoardEntry>> Entries()
    {
        lock (_lock)
        {
            return [.. _all];
        }
    }

    /// <summary>Follows the instances of one host, until it is disposed.</summary>
    public Following Follow(string node)
    {
        lock (_lock)
        {
            HostOf(node).Followers++;
            return new(this, node);
        }
    }

    private Host HostOf(string node)
    {
        if (!_hosts.TryGetValue(node, out var host))
        {
            _hosts.Add(node, host = new());
        }

        return host;
    }

    private void Tell(string node, Host host)
    {
        host.Changed.TrySetResult();
        host.Changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Tidy(node, host);
    }

    private void Tidy(string node, Host host)
    {
        if (host is { Followers: 0, Instances.Count: 0 })
        {
            _hosts.Remove(node);
        }
    }

    private sealed class Host
    {
        public HashSet<(string Service, string Id)> Instances { get; } = [];

        public int Followers { get; set; }

        public TaskCompletionSource Changed { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed class Following(CheckBoard board, string node) : IDisposable
    {
        private bool _isOver;

        /// <summary>The host's instances, and what completes when there are others or one of them has changed.</summary>
        public (IReadOnlyList<(string Service, string Id)> Instances, Task Changed) Look()
        {
            lock (board._lock)
            {
                var host = board.HostOf(node);
                return ([.. host.Instances], host.Changed.Task);
            }
        }

        public void Dispose()
        {
            lock (board._lock)
            {
                if (!_isOver)
                {
                    _isOver = true;
                    var host = board.HostOf(node);
                    host.Followers--;
                    board.Tidy(node, host);
                }
            }
        }
    }
}
