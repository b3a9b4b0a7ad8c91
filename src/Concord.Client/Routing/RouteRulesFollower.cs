using Concord.Client.Cache;
using Concord.Client.Configs;
using Concord.Client.Subscriptions;
using Concord.Routing;

namespace Concord.Client.Routing;

/// <summary>
/// Follows the rules of one service. Rules that cannot be followed are refused, which the server gets to know, and the last good ones stay, over a
/// restart too if they are kept on disk; where none were ever known, everything goes to everybody.
/// </summary>
public sealed class RouteRulesFollower : IAsyncDisposable
{
    private readonly ConfigSubscription _subscription;
    private readonly ConfigCacheFile? _cache;
    private readonly Lock _savesGate = new();
    private Task _saves = Task.CompletedTask;
    private volatile Known _known = new(null, RouteRules.None);

    internal RouteRulesFollower(ConcordClient client, string service, string environment, IReadOnlyDictionary<string, string> labels, string? cacheDirectory)
    {
        Service = service;
        var view = new ConfigurationView(TrafficDocuments.RoutingApplication, environment)
        {
            Names = service == TrafficDocuments.AllServices ? [service] : [TrafficDocuments.AllServices, service],
            Labels = labels,
        };
        SettingsSnapshot? known = null;
        if (cacheDirectory is not null)
        {
            _cache = new ConfigCacheFile(cacheDirectory, view, client.Options.LoggerFactory.CreateLogger("Concord.Client.Routing"));
            _cache.TryLoad(out known);
        }

        _subscription = client.Subscribe(view, new ConfigSubscriptionOptions { Judge = Judge, Known = known });
        Ready = known is null ? _subscription.FirstAttempt : Task.CompletedTask;
        _subscription.Changed += OnChanged;
    }

    public string Service { get; }

    public RouteRules Current
    {
        get
        {
            var known = _known;
            if (_subscription.Current is { } snapshot && snapshot != known.Snapshot)
                _known = known = new(snapshot, Read(snapshot).Rules);
            return known.Rules;
        }
    }

    /// <summary>Raised after <see cref="Current"/> was replaced. Add the handler first, then look at <see cref="Current"/>.</summary>
    public event Action<RouteRules>? Changed;

    /// <summary>Completes when there is something to go by: at once with rules from an earlier run, else with <see cref="FirstAttempt"/>.</summary>
    public Task Ready { get; }

    /// <summary>Completes when the server has said what there is, or none can be reached.</summary>
    public Task FirstAttempt => _subscription.FirstAttempt;

    /// <summary>Whether the server is connected, and what it sent that was refused.</summary>
    public ConfigSubscriptionState State => _subscription.State;

    public async ValueTask DisposeAsync()
    {
        await _subscription.DisposeAsync().ConfigureAwait(false);
        Task saves;
        lock (_savesGate)
            saves = _saves;
        await saves.ConfigureAwait(false);
    }

    private static ConfigVerdict Judge(SettingsSnapshot snapshot) =>
        Read(snapshot).Faults is { Count: > 0 } faults ? ConfigVerdict.Rejected(string.Join(" ", faults)) : ConfigVerdict.Accepted;

    private static (RouteRules Rules, IReadOnlyList<DocumentFault> Faults) Read(SettingsSnapshot snapshot) =>
        TrafficDocuments.ReadRules(DocumentNode.FromSettings(snapshot.Settings));

    private void OnChanged(SettingsSnapshot snapshot)
    {
        Changed?.Invoke(Current);
        if (_cache is not { } cache)
            return;
        // In order, and not here: on this thread all configurations of the client arrive, and a slow disk must not delay them. People publish rules;
        // that is seldom enough for a write each.
        lock (_savesGate)
            _saves = _saves.ContinueWith(_ => cache.Save(snapshot), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private sealed record Known(SettingsSnapshot? Snapshot, RouteRules Rules);
}
