using System.Text.Json.Serialization;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Rpc;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Rest;

// What the REST face sends and takes, in JSON. Names are those of the proto, in camel case.

internal sealed record ApplicationList(IReadOnlyList<ApplicationEntry> Applications);

/// <param name="Selector">The labels of an overlay, such as zone=eu,version=2; empty for a plain configuration.</param>
internal sealed record ConfigurationName(string Application, string Environment, string Name, string Selector)
{
    public static ConfigurationName Of(ConfigPath path) => new(path.Application, path.Environment, path.Name, path.Selector.Text);
}

internal sealed record ConfigurationListItem(ConfigurationName Id, string Format, long Release, bool HasDraft, long SizeBytes)
{
    public static ConfigurationListItem Of(ConfigurationEntry entry) => new(ConfigurationName.Of(entry.Path), entry.Format.Word(), entry.Release, entry.HasDraft, entry.SizeBytes);
}

internal sealed record ConfigurationList(IReadOnlyList<ConfigurationListItem> Configurations);

internal sealed record DocumentBody(string Format, string Content)
{
    public static DocumentBody? Of(ConfigDocument? document) => document is null ? null : new(document.Format.Word(), document.Content);
}

internal sealed record DraftBody(ConfigurationName Id, DocumentBody? Document, bool Removes, string Author, DateTimeOffset Time, long BaseRelease)
{
    public static DraftBody Of(StoredDraft draft) => new(
        ConfigurationName.Of(draft.Path),
        DocumentBody.Of(draft.Record.Document),
        draft.Record.Removes,
        draft.Record.Author,
        DateTimeOffset.FromUnixTimeMilliseconds(draft.Record.TimeUnixMs),
        draft.Record.BaseRelease);
}

internal sealed record ConfigurationBody(ConfigurationName Id, long Release, DocumentBody? Document, DraftBody? Draft);

internal sealed record DraftEdit(IReadOnlyDictionary<string, string>? Set = null, IReadOnlyList<string>? Remove = null, string? Format = null, string? Author = null);

internal sealed record DiscardBody(bool Discarded);

internal sealed record ChangeBody(ConfigurationName Id, string Key, string Kind, string? OldValue, string? NewValue)
{
    public static ChangeBody Of(KeyDifference change) => new(
        ConfigurationName.Of(change.Path),
        change.Key,
        change.Kind switch { KeyChangeKind.Added => "added", KeyChangeKind.Removed => "removed", _ => "changed" },
        change.Old,
        change.New);
}

internal sealed record DiffBody(IReadOnlyList<ChangeBody> Changes, IReadOnlyList<ConfigurationName> TextOnly);

/// <param name="Name">Empty is every configuration there that has a draft.</param>
/// <param name="ExpectedRelease">The newest release of the environment that the caller knows; absent is no check.</param>
internal sealed record TargetBody(string? Application, string? Environment, string? Name = null, IReadOnlyDictionary<string, string>? Selector = null, long? ExpectedRelease = null)
{
    /// <param name="field">Where it stands in the body.</param>
    public ReleaseTarget ToTarget(string field) => ReleaseTarget.From(Application ?? "", Environment ?? "", Name ?? "", JsonBody.NotNull(Selector, field + ".selector"), ExpectedRelease);
}

internal sealed record PublishBody(IReadOnlyList<TargetBody>? Targets, string? Message = null, string? Author = null, bool DryRun = false);

/// <param name="Targets">Empty is everything that the release and those after it touched.</param>
internal sealed record RollbackBody(IReadOnlyList<TargetBody>? Targets = null, string? Message = null, string? Author = null, bool DryRun = false);

internal sealed record PublishedBody(long Release, long Revision, bool DryRun, IReadOnlyList<ChangeBody> Changes, IReadOnlyList<ConfigurationName> TextOnly)
{
    public static PublishedBody Of(ReleaseOutcome outcome) => new(
        outcome.Plan.Number,
        outcome.Revision,
        outcome.Revision == 0,
        outcome.Plan.Changes.Select(ChangeBody.Of).ToList(),
        outcome.Plan.TextOnly.Select(ConfigurationName.Of).ToList());
}

internal sealed record ReleaseItemBody(ConfigurationName Id, string? Format, bool Removed, long PreviousRelease);

internal sealed record ReleaseBody(long Number, long Revision, string Author, DateTimeOffset Time, string Message, long RollbackTo, IReadOnlyList<ReleaseItemBody> Items)
{
    public static ReleaseBody Of(ReleaseRecord record, long revision) => new(
        record.Number,
        revision,
        record.Author,
        DateTimeOffset.FromUnixTimeMilliseconds(record.TimeUnixMs),
        record.Message ?? "",
        record.RollbackTo,
        record.Items.Select(static item => new ReleaseItemBody(ConfigurationName.Of(item.ConfigPath), item.Removed ? null : item.Format.Word(), item.Removed, item.PreviousRelease)).ToList());
}

internal sealed record ReleaseList(IReadOnlyList<ReleaseBody> Releases, bool More);

internal sealed record ReleaseDetails(ReleaseBody Release, IReadOnlyList<ChangeBody> Changes);

/// <param name="Settings">Keys in ':' form, in byte order, with references filled in.</param>
/// <param name="Version">Equal versions have equal settings.</param>
internal sealed record EffectiveBody(string Application, string Environment, IReadOnlyList<string> Names, string Labels, long Release, long Revision, string Version, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<string> Problems)
{
    public static EffectiveBody Of(ResolvedView view) => new(
        view.Key.Application,
        view.Key.Environment,
        view.Key.Names,
        view.Key.Labels.Text,
        view.Release,
        view.Revision,
        view.Version,
        new OrderedDictionary<string, string>(view.Settings.Select(static setting => KeyValuePair.Create(setting.Key, setting.Value))),
        view.ProblemTexts().ToList());
}

internal sealed record SourceBody(ConfigurationName Id, long Release, string Value);

internal sealed record ExplainedBody(string Key, string Value, string RawValue, SourceBody Source, IReadOnlyList<SourceBody> Hidden);

internal sealed record LayerBody(ConfigurationName Id, long Release, string Kind);

internal sealed record ExplainBody(IReadOnlyList<ExplainedBody> Entries, IReadOnlyList<LayerBody> Layers)
{
    public static ExplainBody Of(ResolvedView view, IReadOnlyList<ExplainedSetting> explained) => new(
        explained.Select(static entry => new ExplainedBody(
            entry.Setting.Key,
            entry.Setting.Value,
            entry.Setting.Raw.Text,
            Source(entry.Source, entry.Setting.Raw.Text),
            entry.Hidden.Select(static hidden => Source(hidden.Layer, hidden.Value)).ToList())).ToList(),
        view.Layers.Layers.Select(static layer => new LayerBody(ConfigurationName.Of(layer.Head.Path), layer.Head.Release, Messages.KindWord(layer.Kind))).ToList());

    private static SourceBody Source(Layer layer, string value) => new(ConfigurationName.Of(layer.Head.Path), layer.Head.Release, value);
}

internal sealed record InstanceBody(string Id, string Host, int ProcessId, string Client, IReadOnlyList<string> Names, string Labels, DateTimeOffset Connected, string SentVersion, long SentRelease, string AppliedVersion, long AppliedRelease, long RejectedRelease, string Reason, DateTimeOffset? Reported, string Server)
{
    public static InstanceBody Of(ConfigSubscription subscription, string server)
    {
        var status = InstanceStatus.Of(subscription);
        return new(
            status.Instance.Id,
            status.Instance.Host,
            status.Instance.ProcessId,
            status.Instance.Client,
            status.View.Names,
            subscription.Labels.Text,
            DateTimeOffset.FromUnixTimeMilliseconds(subscription.ConnectedUnixMs),
            status.SentVersion,
            status.SentRelease,
            status.AppliedVersion,
            status.AppliedRelease,
            status.RejectedRelease,
            status.Reason,
            status.ReportedUnixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(status.ReportedUnixMs),
            server);
    }
}

internal sealed record InstanceList(IReadOnlyList<InstanceBody> Instances);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApplicationList))]
[JsonSerializable(typeof(ConfigurationList))]
[JsonSerializable(typeof(ConfigurationBody))]
[JsonSerializable(typeof(DraftBody))]
[JsonSerializable(typeof(DraftEdit))]
[JsonSerializable(typeof(DiscardBody))]
[JsonSerializable(typeof(DiffBody))]
[JsonSerializable(typeof(PublishBody))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(PublishedBody))]
[JsonSerializable(typeof(ReleaseList))]
[JsonSerializable(typeof(ReleaseDetails))]
[JsonSerializable(typeof(EffectiveBody))]
[JsonSerializable(typeof(ExplainBody))]
[JsonSerializable(typeof(InstanceList))]
internal sealed partial class RestJson : JsonSerializerContext;
