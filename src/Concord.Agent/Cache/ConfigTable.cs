using Concord.Protocol.V1;

namespace Concord.Agent.Cache;

/// <summary>The views of one configuration stream, as its messages make them. Not thread-safe.</summary>
internal sealed class ConfigTable
{
    private readonly Dictionary<int, ViewId> _views = [];
    private readonly Dictionary<int, EffectiveConfiguration> _contents = [];

    /// <summary>What a process says.</summary>
    public void Asked(WatchConfigRequest request)
    {
        switch (request.RequestCase)
        {
            case WatchConfigRequest.RequestOneofCase.Subscribe:
                _views[request.Subscribe.Subscription] = request.Subscribe.View ?? new ViewId();
                _contents.Remove(request.Subscribe.Subscription);
                break;
            case WatchConfigRequest.RequestOneofCase.Unsubscribe:
                _views.Remove(request.Unsubscribe.Subscription);
                _contents.Remove(request.Unsubscribe.Subscription);
                break;
            default:
                break;
        }
    }

    /// <summary>What it is answered.</summary>
    /// <param name="known">What was remembered of a view, for a change to something that an earlier stream brought.</param>
    /// <returns>The view and its content, if that is another one now.</returns>
    public (ViewId View, EffectiveConfiguration Content)? Answered(WatchConfigResponse response, Func<ViewId, EffectiveConfiguration?> known)
    {
        if (!_views.TryGetValue(response.Subscription, out var view))
        {
            return null;
        }

        switch (response.EventCase)
        {
            case WatchConfigResponse.EventOneofCase.Full:
                return (view, _contents[response.Subscription] = response.Full);
            case WatchConfigResponse.EventOneofCase.Delta:
                var before = _contents.GetValueOrDefault(response.Subscription) ?? known(view);

                // From a content that this agent never had: it waits for the next whole one.
                return before?.Version == response.Delta.FromVersion ? (view, _contents[response.Subscription] = Apply(before, response.Delta)) : null;
            default:
                return null;
        }
    }

    private static EffectiveConfiguration Apply(EffectiveConfiguration before, WatchConfigResponse.Types.Delta delta)
    {
        var settings = new SortedDictionary<string, string>(before.Settings.ToDictionary(static one => one.Key, static one => one.Value), StringComparer.Ordinal);
        foreach (var key in delta.Removed)
        {
            settings.Remove(key);
        }

        foreach (var one in delta.Set)
        {
            settings[one.Key] = one.Value;
        }

        return new()
        {
            Settings = { settings.Select(static one => new Setting { Key = one.Key, Value = one.Value }) },
            Release = delta.Release,
            Revision = delta.Revision,
            Version = delta.Version,
            Problems = { delta.Problems },
        };
    }
}
