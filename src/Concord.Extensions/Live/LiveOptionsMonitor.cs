using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Concord.Extensions.Live;

/// <summary>
/// <see cref="IOptionsMonitor{TOptions}"/> that announces a change from Concord once, and only if it touches what the
/// options read; and that keeps the last good value when a changed one cannot be made, whoever changed it.
/// </summary>
internal sealed class LiveOptionsMonitor<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>
    : IOptionsMonitor<T>, IDisposable
    where T : class
{
    private readonly IOptionsFactory<T> _factory;
    private readonly IOptionsMonitorCache<T> _cache;
    private readonly OptionsJudge _judge;
    private readonly List<IDisposable> _registrations = [];
    private readonly HashSet<string> _names;
    private readonly ConcurrentDictionary<string, bool> _made = new(StringComparer.Ordinal);
    private event Action<T, string?>? Listeners;

    public LiveOptionsMonitor(
        IOptionsFactory<T> factory,
        IEnumerable<IOptionsChangeTokenSource<T>> sources,
        IOptionsMonitorCache<T> cache,
        OptionsJudge judge)
    {
        _factory = factory;
        _cache = cache;
        _judge = judge;
        IOptionsChangeTokenSource<T>[] all = [.. sources];
        _names = [.. all.Select(source => source.Name ?? Options.DefaultName)];
        foreach (var source in all)
            _registrations.Add(ChangeToken.OnChange(source.GetChangeToken, Refresh, source.Name ?? Options.DefaultName));
    }

    public T CurrentValue => Get(Options.DefaultName);

    public T Get(string? name)
    {
        name ??= Options.DefaultName;
        // A validator that looks at other options judges the same candidate, and leaves no trace of it here.
        if (ReadScope.IsJudging)
            return _factory.Create(name);
        var value = _cache.GetOrAdd(name, () =>
        {
            var options = _factory.Create(name);
            _made.TryAdd(name, true);
            return options;
        });
        // Whoever is being made with the help of these options depends on what they were made from.
        if (ReadScope.IsRecording && _judge.ReadsOf(typeof(T), name) is { } reads)
            ReadScope.NoteReadsOf(reads);
        return value;
    }

    public IDisposable OnChange(Action<T, string?> listener)
    {
        // What concerns the options is known from making them once; and from then on a release is judged by them.
        foreach (var name in _names.Where(name => !_made.ContainsKey(name)))
            TryMake(name);
        Listeners += listener;
        return new Registration(() => Listeners -= listener);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void TryMake(string name)
    {
        try
        {
            Get(name);
        }
        catch (Exception error)
        {
            // Listening is no fault; the options may become valid by the change that is waited for.
            ExtensionsLog.OptionsNotMade(_judge.Log, error, OptionsFault.NameOf(typeof(T), name));
        }
    }

    private void Refresh(string name)
    {
        if (ReadScope.CurrentReload is { } reload
            && (!reload.IsFirstFor(this, name) || _judge.ReadsOf(typeof(T), name) is { } reads && !reload.Touches(reads)))
        {
            return;
        }

        if (Listeners is null && !_made.ContainsKey(name))
            return;
        T options;
        try
        {
            options = _factory.Create(name);
        }
        catch (Exception error)
        {
            ExtensionsLog.OptionsKept(_judge.Log, error, OptionsFault.NameOf(typeof(T), name));
            return;
        }

        _cache.TryRemove(name);
        _cache.TryAdd(name, options);
        _made.TryAdd(name, true);
        Announce(options, name);
    }

    private void Announce(T options, string name)
    {
        foreach (var listener in Delegate.EnumerateInvocationList(Listeners))
        {
            try
            {
                listener(options, name);
            }
            catch (Exception error)
            {
                ExtensionsLog.OptionsHandlerFailed(_judge.Log, error, OptionsFault.NameOf(typeof(T), name));
            }
        }
    }

    private sealed class Registration(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
