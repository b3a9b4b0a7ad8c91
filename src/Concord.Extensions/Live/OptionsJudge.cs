using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Concord.Extensions.Following;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Concord.Extensions.Live;

/// <summary>
/// Knows every options object that this host has made and what it read from Concord. Asked for a candidate state, it
/// makes the objects that the change touches once more, seeing the candidate: if one cannot be made (a value does not
/// bind, a validator objects), the candidate is rejected before anybody else has seen it.
/// </summary>
internal sealed class OptionsJudge(IConfiguration configuration, IServiceScopeFactory scopes) : IDisposable
{
    // Not the container's logger: to make that, options are needed, and to make those, this.
    private readonly ILogger _log = FollowerPool.Log.CreateLogger("Concord.Options");
    private readonly ConcurrentDictionary<(Type Type, string Name), Watched> _watched = [];
    private readonly HashSet<ConfigFollower> _followers = [];
    private readonly Lock _gate = new();
    private volatile bool _attached;

    public ILogger Log => _log;

    public IReadOnlyList<ConfigFollower> Followers
    {
        get
        {
            lock (_gate)
                return [.. _followers];
        }
    }

    /// <summary>Finds the followers behind this host's configuration. Cheap when repeated.</summary>
    public void Attach(bool again = false)
    {
        if (_attached && !again)
            return;
        lock (_gate)
        {
            foreach (var follower in FollowersOf(configuration))
            {
                if (_followers.Add(follower))
                    follower.Add(this);
            }

            _attached = true;
        }
    }

    /// <summary>Remembers what an options object read, to know which changes concern it.</summary>
    public void Remember<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(string name, ReadSet reads)
        where T : class =>
        _watched.AddOrUpdate(
            (typeof(T), name),
            static (key, state) => new Watched(state.reads, () => state.judge.Make<T>(key.Name)),
            static (_, watched, state) => watched with { Reads = state.reads },
            (judge: this, reads));

    /// <summary>What the object last read; null if it was never made.</summary>
    public ReadSet? ReadsOf(Type type, string name) => _watched.TryGetValue((type, name), out var watched) ? watched.Reads : null;

    /// <summary>Adds what speaks against the candidate.</summary>
    public void Judge(ConfigFollower follower, FollowedData candidate, IReadOnlySet<string> changed, List<string> faults)
    {
        foreach (var ((type, name), watched) in _watched.OrderBy(entry => (entry.Key.Type.FullName, entry.Key.Name)))
        {
            if (!watched.Reads.IsTouchedBy(follower, changed))
                continue;
            Exception? error = null;
            ReadScope.WithCandidate(follower, candidate, () => error = Try(watched.Make));
            if (error is null)
                continue;
            // An object that cannot be made from the present state either does not speak against the candidate.
            Exception? before = null;
            ReadScope.WithCandidate(follower, follower.Data, () => before = Try(watched.Make));
            if (before is not null)
                ExtensionsLog.OptionsAlreadyBroken(_log, OptionsFault.NameOf(type, name), OptionsFault.Describe(error));
            else
                faults.Add($"{OptionsFault.NameOf(type, name)}: {OptionsFault.Describe(error)}");
        }
    }

    /// <summary>During the start: whether going back to the last known good file lets this object be made. See
    /// <see cref="ConfigFollower.TryFallBack"/>.</summary>
    public bool TryFallBack<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(string name, Exception error)
        where T : class
    {
        var reason = $"{OptionsFault.NameOf(typeof(T), name)}: {OptionsFault.Describe(error)}";
        foreach (var follower in Followers)
        {
            if (follower.TryFallBack(() => Try(() => Make<T>(name)) is null, reason))
                return true;
        }

        return false;
    }

    public void Dispose()
    {
        foreach (var follower in Followers)
            follower.Remove(this);
    }

    private void Make<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(string name)
        where T : class
    {
        using var scope = scopes.CreateScope();
        scope.ServiceProvider.GetRequiredService<IOptionsFactory<T>>().Create(name);
    }

    private static Exception? Try(Action make)
    {
        try
        {
            make();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private static IEnumerable<ConfigFollower> FollowersOf(IConfiguration configuration)
    {
        if (configuration is not IConfigurationRoot root)
            return [];
        return root.Providers.SelectMany(provider => provider switch
        {
            ConcordConfigurationProvider { Follower: { } follower } => [follower],
            ChainedConfigurationProvider chained => FollowersOf(chained.Configuration),
            _ => [],
        });
    }

    private sealed record Watched(ReadSet Reads, Action Make);
}
