using System.Diagnostics.CodeAnalysis;
using Concord.Extensions.Live;
using Microsoft.Extensions.Configuration;

namespace Concord.Extensions.Following;

/// <summary>Shows a follower's state to the configuration system. Holds no data of its own.</summary>
/// <param name="settings">Null: switched off, stays empty.</param>
internal sealed class ConcordConfigurationProvider(FollowerSettings? settings) : ConfigurationProvider, IDisposable
{
    private readonly Lock _gate = new();
    private ConfigFollower? _follower;
    private bool _disposed;

    public ConfigFollower? Follower => Volatile.Read(ref _follower);

    public override void Load()
    {
        if (settings is null)
            return;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // Called again when somebody reloads the whole configuration: what we hold is up to date anyway.
            if (_follower is not null)
                return;
            var follower = FollowerPool.Acquire(settings);
            try
            {
                follower.WaitUntilReady();
            }
            catch
            {
                FollowerPool.Release(follower);
                throw;
            }

            follower.Reloading += OnReload;
            Volatile.Write(ref _follower, follower);
        }
    }

    public override bool TryGet(string key, [NotNullWhen(true)] out string? value)
    {
        value = null;
        if (Follower is not { } follower)
            return false;
        ReadScope.NoteKey(follower, key);
        return ReadScope.DataOf(follower).Values.TryGetValue(key, out value);
    }

    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath)
    {
        if (Follower is not { } follower)
            return earlierKeys;
        ReadScope.NoteSection(follower, parentPath);
        var children = new List<string>(earlierKeys);
        var prefix = string.IsNullOrEmpty(parentPath) ? "" : parentPath + ConfigurationPath.KeyDelimiter;
        foreach (var key in ReadScope.DataOf(follower).Values.Keys)
        {
            if (key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                var end = key.IndexOf(':', prefix.Length);
                children.Add(end < 0 ? key[prefix.Length..] : key[prefix.Length..end]);
            }
        }

        children.Sort(ConfigurationKeyComparer.Instance.Compare);
        return children;
    }

    /// <summary>Values come from the server; a value set here would be gone with the next release.</summary>
    public override void Set(string key, string? value)
    {
        // ConfigurationRoot's indexer sets a key at every provider; others keep it.
    }

    public override string ToString() => settings is null ? "Concord (off)" : $"Concord ({settings.View} at {settings.EndpointNames})";

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_follower is null)
                return;
            _follower.Reloading -= OnReload;
            FollowerPool.Release(_follower);
            // The state stays readable: a disposed configuration may still be asked.
        }
    }
}
