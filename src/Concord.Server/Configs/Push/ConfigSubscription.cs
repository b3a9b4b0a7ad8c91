using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Push;

/// <summary>Who asks, as it says of itself.</summary>
internal sealed record InstanceIdentity(string Id, string Host, int ProcessId, string Client);

/// <summary>What became of a version in an instance.</summary>
internal sealed record ApplyReport(string Version, long Release, bool Applied, string Reason, long TimeUnixMs);

/// <summary>
/// One view that one stream follows. All that is kept for it is the version that was sent last: a client that is slow
/// is simply behind, and gets whatever leads from there to the newest version when it is ready.
/// </summary>
internal sealed class ConfigSubscription(WatchConnection connection, int number, Labels labels, InstanceIdentity? instance, ViewWarrant warrant, long connectedUnixMs)
{
    private volatile ViewEntry? _entry;
    private volatile string? _sentVersion;
    private volatile bool _isAnswered;
    private volatile ApplyReport? _report;
    private long _changed;
    private volatile ApplyReport? _lastApplied;
    private volatile bool _isRefused;

    public WatchConnection Connection => connection;

    public int Number => number;

    public Labels Labels => labels;

    public InstanceIdentity? Instance => instance;

    public long ConnectedUnixMs => connectedUnixMs;

    /// <summary>Set when it joins, and by the hub when views are divided anew.</summary>
    public ViewEntry Entry
    {
        get => _entry!;
        set => _entry = value;
    }

    /// <summary>Null while nothing was sent and the client holds nothing.</summary>
    public string? SentVersion
    {
        get => _sentVersion;
        init => _sentVersion = value;
    }

    public long SentRelease { get; private set; }

    /// <summary>The last word of the instance.</summary>
    public ApplyReport? Report => _report;

    /// <summary>What the instance runs with: a rejected version leaves the one before it in force.</summary>
    public ApplyReport? LastApplied => _lastApplied;

    /// <summary>It was told that it may not see the view any more; nothing else follows.</summary>
    public bool IsRefused => _isRefused;

    public bool IsBehind => !_isAnswered || _sentVersion != Entry.Published.Version;

    /// <summary>There is something newer to send since <paramref name="now"/>, if there was not already.</summary>
    public void Changed(long now) => Interlocked.CompareExchange(ref _changed, now, 0);

    /// <summary>Since when there was something to send that was sent now; 0 if it was no change but the first answer.</summary>
    public long TakeChanged() => Interlocked.Exchange(ref _changed, 0);

    public void Take(ApplyReport report)
    {
        Connection.Told(report);
        _report = report;
        if (report.Applied)
        {
            _lastApplied = report;
        }
    }

    /// <summary>The event to send now, or null. Called by the one writer of the connection.</summary>
    public WatchEvent? Next()
    {
        var published = Entry.Published;
        if (_isRefused)
        {
            return null;
        }

        if (warrant.Refusal(published.View) is { } refusal)
        {
            _isRefused = true;
            return new WatchEvent.Refusal(refusal);
        }

        if (_isAnswered && _sentVersion == published.Version)
        {
            return null;
        }

        var next = published.From(_sentVersion);
        _isAnswered = true;
        _sentVersion = published.Version;
        SentRelease = published.View.Release;
        return next;
    }
}
