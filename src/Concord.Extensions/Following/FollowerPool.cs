using Concord.Client;
using Concord.Extensions.Status;

namespace Concord.Extensions.Following;

/// <summary>
/// The followers and clients of this process, counted by their users. A configuration may be built any number of times,
/// each time with new providers: all that show the same view share one follower, and all followers of the same servers
/// share one connection.
/// </summary>
internal static class FollowerPool
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<FollowerKey, Entry<ConfigFollower>> Followers = [];
    private static readonly Dictionary<ClientKey, Entry<ConcordClient>> Clients = [];

    public static StartupLog Log { get; } = new();

    public static IReadOnlyList<ConfigFollower> All
    {
        get
        {
            lock (Gate)
                return [.. Followers.Values.Select(entry => entry.Value)];
        }
    }

    public static ConfigFollower Acquire(FollowerSettings settings)
    {
        ExtensionsTelemetry.Start();
        lock (Gate)
        {
            if (Followers.TryGetValue(settings.Key, out var entry))
            {
                entry.Users++;
                return entry.Value;
            }

            var client = AcquireClient_NeedsGate(settings);
            try
            {
                var follower = new ConfigFollower(settings, client);
                Followers.Add(settings.Key, new Entry<ConfigFollower>(follower));
                return follower;
            }
            catch
            {
                ReleaseClient_NeedsGate(settings.Client);
                throw;
            }
        }
    }

    /// <summary>Gives one use back. The last one ends the subscription, in the background: its end need not be awaited.</summary>
    public static void Release(ConfigFollower follower)
    {
        ConcordClient? client;
        lock (Gate)
        {
            var entry = Followers[follower.Settings.Key];
            if (--entry.Users > 0)
                return;
            Followers.Remove(follower.Settings.Key);
            client = ReleaseClient_NeedsGate(follower.Settings.Client);
        }

        _ = EndAsync(follower, client);
    }

    private static async Task EndAsync(ConfigFollower follower, ConcordClient? client)
    {
        try
        {
            await follower.DisposeAsync().ConfigureAwait(false);
            if (client is not null)
                await client.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            ExtensionsLog.EndFailed(Log.CreateLogger("Concord.Configuration"), error, follower.Settings.View);
        }
    }

    private static ConcordClient AcquireClient_NeedsGate(FollowerSettings settings)
    {
        if (Clients.TryGetValue(settings.Client, out var entry))
        {
            entry.Users++;
            return entry.Value;
        }

        var options = new ConcordClientOptions
        {
            Endpoints = settings.Endpoints,
            Tls = settings.Tls,
            Credentials = settings.Credentials,
            LoggerFactory = Log,
        };
        var client = new ConcordClient(settings.ConfigureClient?.Invoke(options) ?? options);
        Clients.Add(settings.Client, new Entry<ConcordClient>(client));
        return client;
    }

    private static ConcordClient? ReleaseClient_NeedsGate(ClientKey key)
    {
        var entry = Clients[key];
        if (--entry.Users > 0)
            return null;
        Clients.Remove(key);
        return entry.Value;
    }

    private sealed class Entry<T>(T value)
    {
        public T Value => value;

        public int Users { get; set; } = 1;
    }
}
