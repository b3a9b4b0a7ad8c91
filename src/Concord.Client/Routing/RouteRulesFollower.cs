using Concord.Client.Configs;
using Concord.Client.Subscriptions;
using Concord.Routing;

namespace Concord.Client.Routing;

/// <summary>
/// Follows the rules of one service. Rules that cannot be followed are refused, which the server gets to know, and the last good ones stay; without a
/// server, or without rules, everything goes to everybody.
/// </summary>
public sealed class RouteRulesFollower : IAsyncDisposable
{
    private readonly ConfigSubscription _subscription;
    private volatile Known _known = new(null, RouteRules.None);

    internal RouteRulesFollower(ConcordClient client, string service, string environment, IReadOnlyDictionary<string, string> labels)
    {
        Service = service;
        var view = new ConfigurationView(TrafficDocuments.RoutingApplication, environment)
        {
            Names = service == TrafficDocuments.AllServices ? [service] : [TrafficDocuments.AllServices, service],
            Labels = labels,
        };
        _subscription = client.Subscribe(view, new ConfigSubscriptionOptions { Judge = Judge });
        _subscription.Changed += _ => Changed?.Invoke(Current);
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

    /// <summary>Completes when the server has said what there is, or none can be reached.</summary>
    public Task FirstAttempt => _subscription.FirstAttempt;

    /// <summary>Whether the server is connected, and what it sent that was refused.</summary>
    public ConfigSubscriptionState State => _subscription.State;

    public ValueTask DisposeAsync() => _subscription.DisposeAsync();

    private static ConfigVerdict Judge(SettingsSnapshot snapshot) =>
        Read(snapshot).Faults is { Count: > 0 } faults ? ConfigVerdict.Rejected(string.Join(" ", faults)) : ConfigVerdict.Accepted;

    private static (RouteRules Rules, IReadOnlyList<DocumentFault> Faults) Read(SettingsSnapshot snapshot) =>
        TrafficDocuments.ReadRules(DocumentNode.FromSettings(snapshot.Settings));

    private sealed record Known(SettingsSnapshot? Snapshot, RouteRules Rules);
}
