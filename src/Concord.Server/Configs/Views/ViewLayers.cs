using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

internal enum LayerKind : byte
{
    ImportedDefault,
    ImportedEnvironment,
    ImportedOverlay,
    Default,
    Environment,
    Overlay,
}

internal sealed record Layer(PublishedHead Head, LayerKind Kind);

/// <summary>An application in an environment: what a view's layers can come from.</summary>
internal readonly record struct Scope(string Application, string Environment);

/// <summary>
/// Which documents make up a view, lowest first: the imports in their order, then for each name in order the defaults
/// of the application, its environment, and the overlays that match the labels — those of the defaults below those of
/// the environment, few labels below many, ties in text order. An import is layered within itself in the same way.
/// </summary>
internal sealed class ViewLayers
{
    private readonly ConfigState _state;
    private readonly ViewKey _key;
    private readonly List<Layer> _layers = [];
    private readonly List<ViewProblem> _problems = [];
    private readonly HashSet<Scope> _scopes = [];
    private readonly SortedSet<string> _labelNames = new(StringComparer.Ordinal);
    private readonly List<Labels> _selectors = [];

    private ViewLayers(ConfigState state, ViewKey key)
    {
        _state = state;
        _key = key;
    }

    public IReadOnlyList<Layer> Layers => _layers;

    /// <summary>Imports that are not there.</summary>
    public IReadOnlyList<ViewProblem> Problems => _problems;

    /// <summary>A change outside of these cannot change the view.</summary>
    public IReadOnlySet<Scope> Scopes => _scopes;

    /// <summary>The labels that any overlay in these scopes asks for; all other labels make no difference.</summary>
    public IReadOnlySet<string> LabelNames => _labelNames;

    /// <summary>What the overlays in these scopes ask for.</summary>
    public IReadOnlyList<Labels> Selectors => _selectors;

    /// <summary>The newest release, and the newest revision, that touched the view; removals count.</summary>
    public long Release { get; private set; }

    public long Revision { get; private set; }

    public static ViewLayers Of(ConfigState state, ViewKey key)
    {
        var layers = new ViewLayers(state, key);
        layers.AddImports();
        foreach (var name in key.Names)
        {
            layers.Add(key.Application, name, LayerKind.Default);
        }

        return layers;
    }

    private void AddImports()
    {
        var head = ImportsHead(_key.Environment);
        if (head is not { Removed: false } && _key.Environment != ConfigNames.DefaultEnvironment)
        {
            head = ImportsHead(ConfigNames.DefaultEnvironment);
        }

        if (head is not { Removed: false })
        {
            return;
        }

        foreach (var import in ReadImports(head))
        {
            if (!Add(import.Application, import.Name, LayerKind.ImportedDefault))
            {
                _problems.Add(new(ConfigNames.ImportsName, -1, 0, ConfigErrorCode.UnknownImport, $"{head.Path}: '{import}' is imported, but nothing of that name is published for {_key.Environment} or {ConfigNames.DefaultEnvironment}."));
            }
        }
    }

    private IReadOnlyList<Import> ReadImports(PublishedHead head)
    {
        try
        {
            return Imports.Parse(_state.Document(head)!, _key.Application);
        }
        catch (ConfigException e)
        {
            _problems.Add(new(ConfigNames.ImportsName, -1, e.Error.Line, e.Error.Code, $"{head.Path}: {e.Error.Message}"));
            return [];
        }
    }

    private PublishedHead? ImportsHead(string environment)
    {
        _scopes.Add(new(_key.Application, environment));
        var head = _state.Heads(_key.Application, environment).FirstOrDefault(static head => head.Path.IsImports);
        Touch(head);
        return head;
    }

    /// <summary>Adds one configuration with its overlays; false if it was never published.</summary>
    /// <param name="lowest">The kind of its defaults; the next two kinds are its environment and overlays.</param>
    private bool Add(string application, string name, LayerKind lowest)
    {
        var defaults = Named(application, ConfigNames.DefaultEnvironment, name);
        var environment = _key.Environment == ConfigNames.DefaultEnvironment ? [] : Named(application, _key.Environment, name);
        AddPlain(defaults, lowest);
        AddPlain(environment, lowest + 1);
        AddOverlays(defaults, lowest + 2);
        AddOverlays(environment, lowest + 2);
        return defaults.Count + environment.Count > 0;
    }

    private List<PublishedHead> Named(string application, string environment, string name)
    {
        _scopes.Add(new(application, environment));
        return _state.Heads(application, environment).Where(head => head.Path.Name == name).ToList();
    }

    private void AddPlain(List<PublishedHead> heads, LayerKind kind)
    {
        foreach (var head in heads.Where(static head => !head.Path.IsOverlay))
        {
            AddLayer(head, kind);
        }
    }

    private void AddOverlays(List<PublishedHead> heads, LayerKind kind)
    {
        var overlays = heads.Where(static head => head.Path.IsOverlay).ToList();
        foreach (var overlay in overlays.Where(static overlay => !overlay.Removed))
        {
            _selectors.Add(overlay.Path.Selector);
            _labelNames.UnionWith(overlay.Path.Selector.Items.Select(static label => label.Key));
        }

        var matching = overlays.Where(overlay => _key.Labels.Match(overlay.Path.Selector))
            .OrderBy(static overlay => overlay.Path.Selector.Count)
            .ThenBy(static overlay => overlay.Path.Selector.Text, StringComparer.Ordinal);
        foreach (var overlay in matching)
        {
            AddLayer(overlay, kind);
        }
    }

    private void AddLayer(PublishedHead head, LayerKind kind)
    {
        Touch(head);
        if (!head.Removed)
        {
            _layers.Add(new(head, kind));
        }
    }

    private void Touch(PublishedHead? head)
    {
        Release = Math.Max(Release, head?.Release ?? 0);
        Revision = Math.Max(Revision, head?.Revision ?? 0);
    }
}
