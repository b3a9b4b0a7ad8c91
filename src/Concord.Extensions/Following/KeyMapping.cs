using Concord.Client.Subscriptions;

namespace Concord.Extensions.Following;

/// <summary>From the server's keys to the keys that the application sees.</summary>
internal sealed record KeyMapping(string? TrimKeyPrefix, string? KeyPrefix)
{
    /// <summary>Keys in byte order, so that of two keys that differ in case only always the same one wins.</summary>
    public Dictionary<string, string> Map(SettingsSnapshot snapshot)
    {
        var mapped = new Dictionary<string, string>(snapshot.Settings.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in snapshot.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            if (Map(key) is { Length: > 0 } name)
                mapped[name] = value;
        }

        return mapped;
    }

    private string Map(string key)
    {
        if (TrimKeyPrefix is { Length: > 0 } trim && key.StartsWith(trim, StringComparison.OrdinalIgnoreCase))
            key = key[trim.Length..].TrimStart(':');
        return KeyPrefix is { Length: > 0 } prefix && key.Length > 0 ? $"{prefix.TrimEnd(':')}:{key}" : key;
    }
}
