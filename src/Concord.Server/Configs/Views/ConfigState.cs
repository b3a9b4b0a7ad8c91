using Concord.Mvcc;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;

namespace Concord.Server.Configs.Views;

/// <summary>A configuration that is or was published, as one state has it.</summary>
/// <param name="Revision">The store's revision of the last release that touched it; 0 for one that is only planned.</param>
internal sealed record PublishedHead(ConfigPath Path, long Release, ConfigFormat Format, bool Removed, long Revision);

/// <summary>A draft and the revision of its last edit, which a publish compares.</summary>
internal sealed record StoredDraft(ConfigPath Path, DraftRecord Record, long Revision);

/// <summary>What a release would make of one configuration; no document means removed.</summary>
internal sealed record PlannedChange(ConfigPath Path, ConfigDocument? Document);

/// <summary>
/// The configuration centre's data in one view of the store, or that with planned changes laid over it. Immutable to
/// its readers; remembers what it read, so one resolution reads each head once.
/// </summary>
internal sealed class ConfigState(KeySpaceView store, DocumentCache documents, ConfigRights rights)
{
    private readonly Dictionary<(string, string), IReadOnlyList<PublishedHead>> _heads = [];
    private readonly Dictionary<ConfigPath, PlannedChange> _planned = [];
    private readonly Dictionary<ConfigPath, ConfigNode> _plannedTrees = [];

    public KeySpaceView Store => store;

    /// <summary>What whoever asks may do in this state.</summary>
    public ConfigRights Rights => rights;

    /// <summary>This state after a release with these changes.</summary>
    public ConfigState With(IEnumerable<PlannedChange> changes)
    {
        var after = new ConfigState(store, documents, rights);
        foreach (var change in changes)
        {
            after._planned[change.Path] = change;
        }

        return after;
    }

    public PublishedHead? Head(ConfigPath path) => Heads(path.Application, path.Environment).FirstOrDefault(head => head.Path.Equals(path));

    /// <summary>Every configuration of an application in an environment with its overlays, also removed ones, in key order.</summary>
    public IReadOnlyList<PublishedHead> Heads(string application, string environment)
    {
        if (_heads.TryGetValue((application, environment), out var known))
        {
            return known;
        }

        var heads = Items(ConfigKeys.Heads(application, environment)).Select(Published).ToList();
        foreach (var change in _planned.Values.Where(change => change.Path.Application == application && change.Path.Environment == environment))
        {
            heads.RemoveAll(head => head.Path.Equals(change.Path));
            heads.Add(new(change.Path, 0, change.Document?.Format ?? default, change.Document is null, 0));
        }

        _heads[(application, environment)] = heads;
        return heads;
    }

    /// <summary>Environments of an application in which something is or was published, in order.</summary>
    public SortedSet<string> Environments(string application) =>
        new(Items(ConfigKeys.Heads(application)).Select(item => ConfigKeys.PathOfHead(item).Environment)
            .Concat(_planned.Keys.Where(path => path.Application == application).Select(path => path.Environment)), StringComparer.Ordinal);

    public IEnumerable<PublishedHead> AllHeads() => Items(ConfigKeys.AllHeads).Select(Published);

    public IEnumerable<PublishedHead> AllHeads(string application) => Items(ConfigKeys.Heads(application)).Select(Published);

    /// <summary>The tree of what is published.</summary>
    /// <exception cref="ConfigException">The document is malformed, which only a planned one can be.</exception>
    public ConfigNode Tree(PublishedHead head)
    {
        if (!_planned.TryGetValue(head.Path, out var change))
        {
            return documents.Get(head.Path, head.Release, () => Document(head.Path, head.Release)!);
        }

        if (!_plannedTrees.TryGetValue(head.Path, out var tree))
        {
            tree = change.Document!.Parse(head.Path.Name);
            _plannedTrees[head.Path] = tree;
        }

        return tree;
    }

    /// <summary>The text of what is published in this state.</summary>
    public ConfigDocument? Document(PublishedHead head) =>
        _planned.TryGetValue(head.Path, out var change) ? change.Document : head.Removed ? null : Document(head.Path, head.Release);

    /// <summary>What a release made of a configuration that it touched; null if it removed it.</summary>
    public ConfigDocument? Document(ConfigPath path, long release)
    {
        var item = store.Get(ConfigKeys.Content(path, release).Span)
            ?? throw new InvalidOperationException($"The store holds no content of {path} for release {release}.");
        return ReleaseContent.Decode(item.Value.Span) switch
        {
            ReleaseContent.Written written => written.Document,
            ReleaseContent.Reference reference => Document(path, reference.Release),
            _ => null,
        };
    }

    /// <summary>The release that holds the text of what a release made of a configuration; rollbacks only refer to it.</summary>
    public long Origin(ConfigPath path, long release) =>
        ReleaseContent.Decode(store.Get(ConfigKeys.Content(path, release).Span)!.Value.Span) is ReleaseContent.Reference reference ? reference.Release : release;

    /// <summary>The configuration as it was after a release: the release that last touched it until then and its document.</summary>
    public (long Release, ConfigDocument? Document) At(ConfigPath path, long release)
    {
        if (Newest(ConfigKeys.ContentsUpTo(path, release), 1) is not [var newest])
        {
            return (0, null);
        }

        var touched = ConfigKeys.NumberOf(newest);
        return (touched, Document(path, touched));
    }

    public StoredDraft? Draft(ConfigPath path)
    {
        var item = store.Get(ConfigKeys.Draft(path).Span);
        return item is null ? null : new(path, Records.DecodeDraft(item.Value.Span), item.ModRevision);
    }

    public IEnumerable<StoredDraft> Drafts(string application, string environment) => ToDrafts(ConfigKeys.Drafts(application, environment));

    public IEnumerable<StoredDraft> Drafts(string application) => ToDrafts(ConfigKeys.Drafts(application));

    public IEnumerable<ConfigPath> AllDrafts() => Items(ConfigKeys.AllDrafts).Select(ConfigKeys.PathOfDraft);

    /// <summary>The number of the last release, and the revision that wrote it.</summary>
    public (long Number, long Revision) LastRelease()
    {
        var counter = store.Get(ConfigKeys.Counter.Span);
        return counter is null ? (0, 0) : (System.Buffers.Text.Utf8Parser.TryParse(counter.Value.Span, out long number, out _) ? number : throw new InvalidOperationException("The release counter is not a number."), counter.ModRevision);
    }

    /// <summary>The newest release that touched an application in an environment; 0 if none did.</summary>
    public long LastRelease(string application, string environment) =>
        Newest(ConfigKeys.HistoryBefore(application, environment, long.MaxValue), 1).Select(ConfigKeys.NumberOf).FirstOrDefault();

    public (ReleaseRecord Record, long Revision)? Release(long number)
    {
        var item = store.Get(ConfigKeys.Release(number).Span);
        return item is null ? null : (Records.DecodeRelease(item.Value.Span), item.ModRevision);
    }

    /// <summary>The newest keys of a range, newest first.</summary>
    public IReadOnlyList<KeyVersion> Newest(KeyRange range, int limit) =>
        Items(new RangeOperation(range) { SortTarget = SortTarget.Key, SortOrder = SortOrder.Descend, Limit = limit });

    private IEnumerable<StoredDraft> ToDrafts(KeyRange range) =>
        Items(range).Select(item => new StoredDraft(ConfigKeys.PathOfDraft(item), Records.DecodeDraft(item.Value.Span), item.ModRevision));

    private static PublishedHead Published(KeyVersion item)
    {
        var head = Records.DecodeHead(item.Value.Span);
        return new(ConfigKeys.PathOfHead(item), head.Release, head.Format, head.Removed, item.ModRevision);
    }

    private IReadOnlyList<KeyVersion> Items(KeyRange range) => Items(new RangeOperation(range));

    private IReadOnlyList<KeyVersion> Items(RangeOperation range) => store.Range(range, out var result) == StoreError.None
        ? result!.Items
        : throw new InvalidOperationException("A read of the newest revision failed.");
}
