using Concord.Protocol.V1;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Rpc;

/// <summary>From the slice's values to messages.</summary>
internal static class Messages
{
    public static ConfigurationId Id(ConfigPath path) => new()
    {
        Application = path.Application,
        Environment = path.Environment,
        Name = path.Name,
        Selector = { path.Selector.Items.ToDictionary() },
    };

    public static Document? Document(ConfigDocument? document) =>
        document is null ? null : new() { Format = (Format)document.Format, Content = document.Content };

    public static Draft Draft(StoredDraft draft) => new()
    {
        Id = Id(draft.Path),
        Document = Document(draft.Record.Document),
        Author = draft.Record.Author,
        TimeUnixMs = draft.Record.TimeUnixMs,
        BaseRelease = draft.Record.BaseRelease,
        Removes = draft.Record.Removes,
    };

    public static KeyChange Change(KeyDifference change) => new()
    {
        Id = Id(change.Path),
        Key = change.Key,
        Kind = (KeyChange.Types.Kind)change.Kind,
        OldValue = change.Old ?? "",
        NewValue = change.New ?? "",
    };

    public static PublishResponse Outcome(ReleaseOutcome outcome) => new()
    {
        Release = outcome.Plan.Number,
        Revision = outcome.Revision,
        Changes = { outcome.Plan.Changes.Select(Change) },
        DryRun = outcome.Revision == 0,
        TextOnly = { outcome.Plan.TextOnly.Select(Id) },
    };

    public static Release Release(ReleaseRecord record, long revision) => new()
    {
        Number = record.Number,
        Revision = revision,
        Author = record.Author,
        TimeUnixMs = record.TimeUnixMs,
        Message = record.Message,
        RollbackTo = record.RollbackTo,
        Items =
        {
            record.Items.Select(static item => new Release.Types.Item
            {
                Id = Id(item.ConfigPath),
                Format = (Format)item.Format,
                Removed = item.Removed,
                PreviousRelease = item.PreviousRelease,
            }),
        },
    };

    public static Setting Setting(ResolvedSetting setting) => new() { Key = setting.Key, Value = setting.Value };

    public static EffectiveConfiguration Effective(ResolvedView view) => new()
    {
        Settings = { view.Settings.Select(Setting) },
        Release = view.Release,
        Revision = view.Revision,
        Version = view.Version,
        Problems = { view.ProblemTexts() },
    };

    public static ExplainResponse.Types.Layer Layer(Layer layer) => new() { Id = Id(layer.Head.Path), Release = layer.Head.Release, Kind = KindWord(layer.Kind) };

    public static ExplainResponse.Types.Entry Explained(ExplainedSetting explained) => new()
    {
        Key = explained.Setting.Key,
        Value = explained.Setting.Value,
        RawValue = explained.Setting.Raw.Text,
        Source = Source(explained.Source, explained.Setting.Raw.Text),
        Hidden = { explained.Hidden.Select(static hidden => Source(hidden.Layer, hidden.Value)) },
    };

    public static string KindWord(LayerKind kind) => kind switch
    {
        LayerKind.ImportedDefault => "import-default",
        LayerKind.ImportedEnvironment => "import-environment",
        LayerKind.ImportedOverlay => "import-overlay",
        LayerKind.Default => "default",
        LayerKind.Environment => "environment",
        _ => "overlay",
    };

    public static ErrorDetail Error(ConfigError error) => new()
    {
        Code = error.Code.Word(),
        Message = error.Message,
        Field = error.Field,
        Remedy = error.Remedy,
        Line = error.Line,
        Column = error.Column,
        ExpectedRelease = error.ExpectedRelease,
        ActualRelease = error.ActualRelease,
        Id = error.Path is null ? null : Id(error.Path),
    };

    public static ListInstancesResponse.Types.Entry Instance(ConfigSubscription subscription, string server)
    {
        var status = InstanceStatus.Of(subscription);
        return new()
        {
            Instance = new() { Id = status.Instance.Id, Host = status.Instance.Host, ProcessId = status.Instance.ProcessId, Client = status.Instance.Client },
            View = new() { Application = status.View.Application, Environment = status.View.Environment, Names = { status.View.Names }, Labels = { subscription.Labels.Items.ToDictionary() } },
            ConnectedUnixMs = subscription.ConnectedUnixMs,
            SentRelease = status.SentRelease,
            SentVersion = status.SentVersion,
            AppliedRelease = status.AppliedRelease,
            AppliedVersion = status.AppliedVersion,
            RejectedRelease = status.RejectedRelease,
            Reason = status.Reason,
            ReportedUnixMs = status.ReportedUnixMs,
            Server = server,
        };
    }

    private static ExplainResponse.Types.Source Source(Layer layer, string value) => new() { Id = Id(layer.Head.Path), Release = layer.Head.Release, Value = value };
}
