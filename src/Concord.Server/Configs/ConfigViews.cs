using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs;

internal sealed record ConfigurationEntry(ConfigPath Path, ConfigFormat Format, long Release, bool HasDraft, long SizeBytes);

internal sealed record EnvironmentEntry(string Name, long Release, int Configurations, int Drafts);

internal sealed record ApplicationEntry(string Name, IReadOnlyList<EnvironmentEntry> Environments);

/// <param name="Hidden">The same key in lower layers, highest first.</param>
internal sealed record ExplainedSetting(ResolvedSetting Setting, Layer Source, IReadOnlyList<(Layer Layer, string Value)> Hidden);

/// <summary>Reads configurations: as written, and as services see them.</summary>
internal sealed class ConfigViews(ConfigStore store)
{
    public async Task<IReadOnlyList<ApplicationEntry>> ApplicationsAsync(CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        var heads = state.AllHeads().Where(head => state.Rights.MayRead(head.Path)).ToLookup(static head => (head.Path.Application, head.Path.Environment));
        var drafts = state.AllDrafts().Where(state.Rights.MayReadDraft).ToLookup(static path => (path.Application, path.Environment));
        return heads.Select(static group => group.Key).Union(drafts.Select(static group => group.Key)).Order()
            .GroupBy(static scope => scope.Application)
            .Select(application => new ApplicationEntry(application.Key, application.Select(scope => new EnvironmentEntry(
                scope.Environment,
                heads[scope].Select(static head => head.Release).DefaultIfEmpty().Max(),
                heads[scope].Count(static head => !head.Removed),
                drafts[scope].Count())).ToList()))
            .ToList();
    }

    /// <param name="environment">Null is every environment.</param>
    public async Task<IReadOnlyList<ConfigurationEntry>> ConfigurationsAsync(string application, string? environment, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        state.Rights.RequireSome(application, environment);
        if (environment is null)
        {
            Known.RequireApplication(state, application, "");
        }
        else
        {
            Known.RequireEnvironment(state, application, environment, "");
        }

        var heads = environment is null ? state.AllHeads(application) : state.Heads(application, environment);
        var drafts = (environment is null ? state.Drafts(application) : state.Drafts(application, environment)).Where(draft => state.Rights.MayReadDraft(draft.Path)).ToDictionary(static draft => draft.Path);
        var published = heads.Where(head => !head.Removed && state.Rights.MayRead(head.Path)).ToDictionary(static head => head.Path);
        return published.Keys.Union(drafts.Keys).OrderBy(static path => path.Text, StringComparer.Ordinal)
            .Select(path => Entry(state, path, published.GetValueOrDefault(path), drafts.GetValueOrDefault(path)))
            .ToList();
    }

    /// <summary>What is published (now, or after a release), and the draft.</summary>
    public async Task<(long Release, ConfigDocument? Document, StoredDraft? Draft)> ConfigurationAsync(ConfigPath path, long release, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        var mayRead = state.Rights.MayRead(path);
        if (!mayRead && (release != 0 || !state.Rights.MayReadDraft(path)))
        {
            state.Rights.RequireRead(path);
        }

        // Each half for those who may see it.
        var head = mayRead ? state.Head(path) : null;
        var draft = state.Rights.MayReadDraft(path) ? state.Draft(path) : null;
        if (head is null && draft is null)
        {
            throw Known.Configuration(state, path, "id");
        }

        if (release == 0)
        {
            return (head?.Release ?? 0, head is null ? null : state.Document(head), draft);
        }

        Releases.RollbackPlanner.Require(state, release, "release");
        var (touched, document) = state.At(path, release);
        return touched == 0
            ? throw new ConfigException(new ConfigError(ConfigErrorCode.UnknownRelease, $"{path} was not published before release {release}.", "release", "Choose a later release (see the history)."))
            : (touched, document, draft);
    }

    public async Task<ResolvedView> EffectiveAsync(ViewKey key, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        Known.RequireView(state, key, "view");
        var view = ResolvedView.Of(state, key);
        state.Rights.RequireView(view);
        return view;
    }

    /// <summary>Where each key comes from, and what it hides.</summary>
    /// <param name="prefix">In ':' or '.' form; empty is every key, else that key and those below it.</param>
    public async Task<(ResolvedView View, IReadOnlyList<ExplainedSetting> Settings)> ExplainAsync(ViewKey key, string prefix, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        Known.RequireView(state, key, "view");
        var view = ResolvedView.Of(state, key);
        state.Rights.RequireView(view);
        var layers = view.Layers.Layers.Select(layer => Settings(state, layer)).ToList();
        var explained = view.Settings.Where(setting => IsBelow(setting.Key, prefix)).Select(setting => Explain(view, layers, setting)).ToList();
        if (explained.Count == 0 && prefix.Length > 0)
        {
            var nearest = NearestName.Of(KeyText.Normalise(prefix), view.Settings.Select(static setting => setting.Key));
            throw new ConfigException(new ConfigError(ConfigErrorCode.UnknownKey, $"The view has no key '{ConfigNames.Shorten(prefix)}'.{(nearest is null ? "" : $" Did you mean '{nearest}'?")}", "key", "Leave the key away to see all keys."));
        }

        return (view, explained);
    }

    private static ConfigurationEntry Entry(ConfigState state, ConfigPath path, PublishedHead? head, StoredDraft? draft)
    {
        var document = head is null ? draft?.Record.Document : state.Document(head);
        return new(path, head?.Format ?? draft!.Record.Format, head?.Release ?? 0, draft is not null, document is null ? 0 : KeyText.Bytes(document.Content));
    }

    private static Dictionary<string, string> Settings(ConfigState state, Layer layer) =>
        FlatSettings.Of(state.Tree(layer.Head)).ToDictionary(static setting => setting.Key, static setting => setting.Value.Text, KeyText.Identity);

    private static ExplainedSetting Explain(ResolvedView view, List<Dictionary<string, string>> layers, ResolvedSetting setting)
    {
        var hidden = new List<(Layer, string)>();
        for (var i = setting.Raw.Layer - 1; i >= 0; i--)
        {
            if (layers[i].TryGetValue(setting.Key, out var value))
            {
                hidden.Add((view.Layers.Layers[i], value));
            }
        }

        return new(setting, view.Layers.Layers[setting.Raw.Layer], hidden);
    }

    private static bool IsBelow(string key, string prefix) => prefix.Length == 0 || KeyText.IsAtOrBelow(key, prefix) || KeyText.IsAtOrBelow(key, KeyText.Normalise(prefix));
}
