using System.Collections.ObjectModel;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Subscriptions;

/// <summary>One state of a view, whole and immutable.</summary>
public sealed class SettingsSnapshot
{
    internal SettingsSnapshot(
        IReadOnlyDictionary<string, string> settings, string version, long release, long revision, IReadOnlyList<string> problems)
    {
        Settings = settings;
        Version = version;
        Release = release;
        Revision = revision;
        Problems = problems;
    }

    /// <summary>Keys in ':' form with their values. Keys that differ in case only are two keys here.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Identifies the content: equal versions have equal settings.</summary>
    public string Version { get; }

    /// <summary>The newest release in any layer of the view; 0 if nothing is published.</summary>
    public long Release { get; }

    /// <summary>The store revision of the last change that touched the view.</summary>
    public long Revision { get; }

    /// <summary>What the server could not resolve, in words; the keys concerned keep their text as written.</summary>
    public IReadOnlyList<string> Problems { get; }

    internal static SettingsSnapshot From(V1.EffectiveConfiguration full)
    {
        var settings = new Dictionary<string, string>(full.Settings.Count, StringComparer.Ordinal);
        foreach (var setting in full.Settings)
            settings[setting.Key] = setting.Value;
        return new SettingsSnapshot(
            new ReadOnlyDictionary<string, string>(settings), full.Version, full.Release, full.Revision, [.. full.Problems]);
    }

    /// <summary>The state that a delta leads to. The caller has checked that it starts from this one.</summary>
    internal SettingsSnapshot With(V1.WatchConfigResponse.Types.Delta delta)
    {
        var settings = Settings;
        if (delta.Set.Count > 0 || delta.Removed.Count > 0)
        {
            var changed = new Dictionary<string, string>(Settings, StringComparer.Ordinal);
            foreach (var key in delta.Removed)
                changed.Remove(key);
            foreach (var setting in delta.Set)
                changed[setting.Key] = setting.Value;
            settings = new ReadOnlyDictionary<string, string>(changed);
        }

        return new SettingsSnapshot(settings, delta.Version, delta.Release, delta.Revision, [.. delta.Problems]);
    }

    internal V1.EffectiveConfiguration ToMessage()
    {
        var message = new V1.EffectiveConfiguration { Version = Version, Release = Release, Revision = Revision };
        foreach (var (key, value) in Settings)
            message.Settings.Add(new V1.Setting { Key = key, Value = value });
        message.Problems.Add(Problems);
        return message;
    }
}
