using System.Diagnostics;
using Concord.Client;
using Concord.Client.Cache;
using Concord.Client.Subscriptions;
using Concord.Extensions.Live;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.Following;

/// <summary>
/// Follows one view for all configuration providers that show it: holds the state they serve, asks the judges before it
/// replaces it, keeps the last known good file.
/// </summary>
internal sealed class ConfigFollower : IAsyncDisposable
{
    private static readonly ActivitySource Activities = new(ClientTelemetry.Name);

    private readonly ConfigSubscription _subscription;
    private readonly ConfigCacheFile? _file;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private volatile FollowedData _data = FollowedData.Empty;

    // Guarded by the gate; replaced, never changed, so that they can be walked without it.
    private Action[] _listeners = [];
    private OptionsJudge[] _judges = [];

    // What the file held at the start, as long as the service has not started with something newer.
    private volatile FollowedData? _lastGood;
    private volatile bool _confirmed;

    public ConfigFollower(FollowerSettings settings, ConcordClient client)
    {
        Settings = settings;
        _log = client.Options.LoggerFactory.CreateLogger("Concord.Configuration");
        _confirmed = !settings.ConfirmedByHost;
        if (settings.CacheDirectory is { } directory)
            _file = new ConfigCacheFile(directory, settings.View, _log, settings.Protector);
        SettingsSnapshot? known = null;
        if (_file?.TryLoad(out known) == true)
        {
            _data = _lastGood = Map(known);
            ExtensionsLog.CacheLoaded(_log, settings.View, known.Release, _file.Path);
        }

        _subscription = client.Subscribe(settings.View, new ConfigSubscriptionOptions
        {
            Known = known,
            Judge = Judge,
            HoldReports = settings.ConfirmedByHost,
        });
        _subscription.Changed += OnChanged;
        _subscription.Renewed += OnChanged;
        // What arrived between the subscription and the handler.
        if (_subscription.Current is { } current && current != known)
            OnChanged(current);
    }

    public FollowerSettings Settings { get; }

    public FollowedData Data => _data;

    /// <summary>What is in use; null before the first snapshot.</summary>
    public SettingsSnapshot? Current => _subscription.Current;

    public ConfigSubscriptionState State => _subscription.State;

    /// <summary>The server has not answered since the process started: what is served comes from the file, or is nothing.</summary>
    public bool ServerHasAnswered => _subscription.WaitForServerAsync(CancellationToken.None).IsCompletedSuccessfully;

    /// <summary>Raised when values change, inside a <see cref="Reload"/>.</summary>
    public event Action Reloading
    {
        add
        {
            lock (_gate)
                _listeners = [.. _listeners, value];
        }

        remove
        {
            lock (_gate)
                _listeners = [.. _listeners.Where(listener => listener != value)];
        }
    }

    public void Add(OptionsJudge judge)
    {
        lock (_gate)
            _judges = _judges.Contains(judge) ? _judges : [.. _judges, judge];
    }

    public void Remove(OptionsJudge judge)
    {
        lock (_gate)
            _judges = [.. _judges.Where(other => other != judge)];
    }

    /// <summary>
    /// Waits as long as waiting can help. Blocks: the configuration system of .NET loads synchronously; the stream runs
    /// on other threads and needs nothing from this one.
    /// </summary>
    /// <exception cref="ConcordUnavailableException">Required, no server, no file.</exception>
    public void WaitUntilReady()
    {
        using var activity = Activities.StartActivity("concord.config.load");
        var started = Stopwatch.GetTimestamp();
        var server = _subscription.WaitForServerAsync(CancellationToken.None);
        if (_subscription.FirstAttempt.Wait(Settings.StartupBudget) && server.IsCompleted)
            return;
        var canStart = Settings.Optional || _data.Snapshot is not null;
        var rest = Settings.StartupBudget - Stopwatch.GetElapsedTime(started);
        if (!canStart && State.Refusal is null && rest > TimeSpan.Zero && server.Wait(rest))
            return;
        activity?.SetStatus(ActivityStatusCode.Error, State.LastError);
        if (!canStart)
            throw new ConcordUnavailableException(CannotStart(), State.Refusal);
        ExtensionsLog.StartedWithoutServer(
            _log, Settings.View, _data.Snapshot is null ? "empty" : $"from the last known good file {_file!.Path}", State.LastError ?? "no answer yet");
    }

    /// <summary>The service has started with what it got: that is the last known good state now, and is reported.</summary>
    public void Confirm()
    {
        _lastGood = null;
        _confirmed = true;
        if (ServerHasAnswered)
            Save();
        _subscription.StartReporting();
    }

    /// <summary>
    /// During the start: goes back to what the file held, because an options object cannot be made from what the server
    /// sent but could be made from that.
    /// </summary>
    public bool TryFallBack(Func<bool> worksWithCandidate, string reason)
    {
        var (bad, good) = (_data, _lastGood);
        if (good is null || bad == good || bad.Snapshot is null)
            return false;
        var works = false;
        ReadScope.WithCandidate(this, good, () => works = worksWithCandidate());
        if (!works || !_subscription.FallBack(bad.Snapshot, good.Snapshot!, reason))
            return false;
        ExtensionsLog.FellBack(_log, Settings.View, bad.Snapshot.Release, good.Snapshot!.Release, reason);
        Replace(good);
        return true;
    }

    public ValueTask DisposeAsync() => _subscription.DisposeAsync();

    private FollowedData Map(SettingsSnapshot snapshot) => new(snapshot, Settings.Mapping.Map(snapshot));

    private ConfigVerdict Judge(SettingsSnapshot snapshot)
    {
        var candidate = Map(snapshot);
        var changed = candidate.DifferenceTo(_data);
        if (changed.Count == 0)
            return ConfigVerdict.Accepted;
        var faults = new List<string>();
        foreach (var judge in Volatile.Read(ref _judges))
            judge.Judge(this, candidate, changed, faults);
        return faults.Count == 0 ? ConfigVerdict.Accepted : ConfigVerdict.Rejected(string.Join(" ", faults.Distinct()));
    }

    private void OnChanged(SettingsSnapshot snapshot)
    {
        Replace(Map(snapshot));
        if (_confirmed)
            Save();
    }

    private void Replace(FollowedData data)
    {
        HashSet<string> changed;
        lock (_gate)
        {
            // A newer state is current by now, and whoever made it current brings it here.
            if (_subscription.Current?.Version != data.Snapshot?.Version)
                return;
            changed = data.DifferenceTo(_data);
            _data = data;
        }

        if (changed.Count == 0)
            return;
        ReadScope.WithReload(new Reload(this, changed), () =>
        {
            foreach (var listener in Volatile.Read(ref _listeners))
                Tell(listener);
        });
    }

    private void Tell(Action listener)
    {
        try
        {
            listener();
        }
        catch (Exception error)
        {
            // Someone else's reaction to the change; the values are in place.
            ExtensionsLog.ListenerFailed(_log, error, Settings.View);
        }
    }

    private void Save()
    {
        if (_subscription.Current is { } snapshot)
            _file?.Save(snapshot);
    }

    private string CannotStart()
    {
        var reason = State.Refusal is { } refusal
            ? $"the server refuses it: {refusal.Message}"
            : $"none of the endpoints {Settings.EndpointNames} answered within {Settings.StartupBudget.TotalSeconds:0.#} s"
                + (State.LastError is { } last ? $" (last: {last})." : ".");
        var file = _file is null ? "The last known good file is switched off." : $"There is no usable last known good file at {_file.Path}.";
        return $"No configuration for {Settings.View}: {reason} {file} Start the server or correct the endpoints "
            + $"(option Endpoints, {ConcordEndpoints.EnvironmentVariable}, ConnectionStrings:concord or Concord:Endpoints); "
            + "set Optional to start without.";
    }
}
