using Concord.Mvcc;
using Concord.Server.Configs;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;
using Concord.Server.Replica;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Configs;

/// <summary>The slice on a bare key space: no log, no network.</summary>
internal sealed class ConfigCentre : IAsyncDisposable
{
    private readonly KeySpace _keys = new();
    private readonly Lock _lock = new();
    private readonly WatchHub _watches;
    private ConfigFollower? _follower;

    public ConfigCentre()
    {
        _watches = new(_keys.View, Time, TimeSpan.FromMinutes(10));
        Store = new()
        {
            Read = _ => new(_keys.View),
            View = () => _keys.View,
            Propose = (command, _) => new(Apply(command)),
            OpenWatch = _watches.OpenStream,
            MemberName = () => "here",
        };
        Drafts = new(Store, Time);
        Releases = new(Store, Time, NullLogger<ConfigReleases>.Instance);
        Views = new(Store);
        Hub = new(Store, Time);
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    public ConfigStore Store { get; }

    public ConfigDrafts Drafts { get; }

    public ConfigReleases Releases { get; }

    public ConfigViews Views { get; }

    public ConfigHub Hub { get; }

    public long Revision => _keys.View.Revision;

    /// <summary>Called before each write; lets a test write something in between.</summary>
    public Action? BeforeApply { get; set; }

    /// <summary>APP/ENV[/NAME][@labels], as people write it.</summary>
    public static ConfigPath Path(string text)
    {
        var (place, labels) = text.Split('@') is [var before, var after] ? (before, after) : (text, "");
        var parts = place.Split('/');
        return ConfigPath.From(parts[0], parts[1], parts.Length > 2 ? parts[2] : "", Labels.Parse(labels, "selector").Items, "id");
    }

    public static ReleaseTarget Target(string text, long? expected = null)
    {
        var parts = text.Split('/');
        return ReleaseTarget.From(parts[0], parts[1], parts.Length > 2 ? parts[2] : "", [], expected);
    }

    public static ViewKey Key(string application, string environment, string labels = "", params string[] names) =>
        ViewKey.From(application, environment, names, Labels.Parse(labels, "label").Items, "view");

    public Task<StoredDraft> PutAsync(string path, ConfigFormat format, string content, string author = "ann") =>
        Drafts.PutAsync(Path(path), new ConfigDocument(format, content), author, default);

    public Task<StoredDraft> PutAsync(string path, string properties) => PutAsync(path, ConfigFormat.Properties, properties);

    public Task<ReleaseOutcome> PublishAsync(params string[] targets) =>
        Releases.PublishAsync(targets.Select(target => Target(target)).ToList(), "ann", "", false, default);

    public async Task<ReleaseOutcome> ReleaseAsync(string path, string properties)
    {
        await PutAsync(path, properties);
        return await PublishAsync(string.Join('/', path.Split('@')[0].Split('/')[..2]));
    }

    public ResolvedView View(string application, string environment, string labels = "", params string[] names) =>
        ResolvedView.Of(Store.State(), Key(application, environment, labels, names));

    public string Settings(string application, string environment, string labels = "", params string[] names) =>
        string.Join(' ', View(application, environment, labels, names).Settings.Select(setting => $"{setting.Key}={setting.Value}"));

    public async Task StartHubAsync()
    {
        _follower = new(Store, Hub, NullLogger<ConfigFollower>.Instance);
        await _follower.StartAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        if (_follower is not null)
        {
            await _follower.StopAsync(default);
            _follower.Dispose();
        }

        Hub.Dispose();
        _watches.Dispose();
    }

    private CommandResult Apply(Command command)
    {
        var before = BeforeApply;
        BeforeApply = null;
        before?.Invoke();
        lock (_lock)
        {
            var result = _keys.Apply(command);
            _watches.Notify(_keys.Publish());
            return result;
        }
    }
}

internal static class ConfigErrors
{
    /// <summary>The refusal of a call, checked for a field and a remedy.</summary>
    public static async Task<ConfigError> Of(Func<Task> call, ConfigErrorCode code, string field)
    {
        var error = (await Assert.ThrowsAsync<ConfigException>(call)).Error;
        Assert.Equal((code, field), (error.Code, error.Field));
        Assert.NotEmpty(error.Remedy);
        return error;
    }

    public static ConfigError Of(Action call, ConfigErrorCode code, string field)
    {
        var error = Assert.Throws<ConfigException>(call).Error;
        Assert.Equal((code, field), (error.Code, error.Field));
        Assert.NotEmpty(error.Remedy);
        return error;
    }
}
