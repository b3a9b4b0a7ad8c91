using Concord.Server.Registry.Expiry;

namespace Concord.Server.Registry.Checks;

/// <summary>
/// Whether an instance is its agent's to look at or the servers'. An agent that is not there any more, or not yet, is waited for a
/// while: it may only be starting anew, and this server may only just have begun to listen. Without gossip nobody is waited for.
/// Used by one caller at a time, but for <see cref="IsDead"/>.
/// </summary>
internal sealed class CheckHosts(HostWatch? hosts, TimeProvider time)
{
    /// <summary>About as long as a group takes to find out about a death; a restart of an agent is shorter.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, (long Since, bool IsOver)> _missing = [];
    private HostView _view = HostView.Nothing;

    /// <summary>Takes a new look. True if other hosts may be the servers' than before.</summary>
    public bool Refresh()
    {
        var before = _view;
        _view = hosts?.Look() ?? HostView.Nothing;
        return _view.Version != before.Version || _missing.Values.Any(one => !one.IsOver && time.GetElapsedTime(one.Since) >= Patience);
    }

    /// <summary>The servers are to look at the instances of this host.</summary>
    public bool AreServers(string? node)
    {
        if (node is null || hosts is null)
        {
            return true;
        }

        if (_view.Checking.Contains(node))
        {
            _missing.Remove(node);
            return false;
        }

        if (!_missing.TryGetValue(node, out var missing))
        {
            missing = (time.GetTimestamp(), false);
        }

        _missing[node] = missing = missing with { IsOver = time.GetElapsedTime(missing.Since) >= Patience };
        return missing.IsOver;
    }

    /// <summary>The host is dead, say those who gossip: then no look brings its instances back.</summary>
    public bool IsDead(string? node) => node is not null && hosts?.Look().Dead.Contains(node) == true;

    /// <summary>Hosts that have no instances any more are nobody to wait for.</summary>
    public void Forget(IReadOnlySet<string> present)
    {
        foreach (var node in _missing.Keys.Where(node => !present.Contains(node)).ToList())
        {
            _missing.Remove(node);
        }
    }
}
