using Google.Protobuf.Collections;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Configs;

/// <summary>Between the messages of concord.v1 and the records of this namespace.</summary>
internal static class ConfigsMapping
{
    public static V1.ConfigurationId ToMessage(this ConfigurationPath path)
    {
        var id = new V1.ConfigurationId { Application = path.Application, Environment = path.Environment, Name = path.Name };
        id.Selector.Fill(path.Labels);
        return id;
    }

    public static V1.Target ToMessage(this ReleaseTarget target)
    {
        var message = new V1.Target
        {
            Application = target.Application,
            Environment = target.Environment,
            Name = target.Name ?? "",
        };
        message.Selector.Fill(target.Labels);
        if (target.ExpectedRelease is { } expected)
            message.ExpectedRelease = expected;

        return message;
    }

    public static V1.ViewId ToMessage(this ConfigurationView view)
    {
        var message = new V1.ViewId { Application = view.Application, Environment = view.Environment };
        message.Names.Add(view.Names);
        message.Labels.Fill(view.Labels);
        return message;
    }

    public static V1.Document ToMessage(this ConfigurationDocument document) =>
        new() { Format = (V1.Format)document.Format, Content = document.Content };

    public static ConfigurationPath ToRecord(this V1.ConfigurationId id) =>
        new(id.Application, id.Environment, id.Name, id.Selector.ToDictionary());

    public static ConfigurationDocument ToRecord(this V1.Document document) =>
        new(document.Format.ToRecord(), document.Content);

    public static ConfigurationDraft ToRecord(this V1.Draft draft) => new()
    {
        Path = draft.Id.ToRecord(),
        Document = draft.Removes ? null : draft.Document?.ToRecord(),
        Author = draft.Author,
        Time = DateTimeOffset.FromUnixTimeMilliseconds(draft.TimeUnixMs),
        BaseRelease = draft.BaseRelease,
    };

    public static PublishedConfiguration ToRecord(this V1.PublishedConfiguration published) =>
        new(published.Id.ToRecord(), (published.Document ?? new V1.Document()).ToRecord(), published.Release);

    public static ConfigurationState ToRecord(this V1.GetConfigurationResponse response) =>
        new(response.Published?.ToRecord(), response.Draft?.ToRecord());

    public static ApplicationSummary ToRecord(this V1.ListApplicationsResponse.Types.Application application) =>
        new(application.Name, [.. application.Environments.Select(
            environment => new EnvironmentSummary(
                environment.Name, environment.Release, environment.Configurations, environment.Drafts))]);

    public static ConfigurationSummary ToRecord(this V1.ListConfigurationsResponse.Types.Entry entry) => new()
    {
        Path = entry.Id.ToRecord(),
        Format = entry.Format.ToRecord(),
        Release = entry.Release,
        HasDraft = entry.HasDraft,
        SizeBytes = entry.SizeBytes,
    };

    public static KeyChange ToRecord(this V1.KeyChange change)
    {
        var kind = change.Kind switch
        {
            V1.KeyChange.Types.Kind.Added => ChangeKind.Added,
            V1.KeyChange.Types.Kind.Removed => ChangeKind.Removed,
            _ => ChangeKind.Changed,
        };
        return new(
            change.Id.ToRecord(),
            change.Key,
            kind,
            kind == ChangeKind.Added ? null : change.OldValue,
            kind == ChangeKind.Removed ? null : change.NewValue);
    }

    public static ConfigurationDiff ToRecord(
        RepeatedField<V1.KeyChange> changes,
        RepeatedField<V1.ConfigurationId> textOnly) => new()
        {
            Changes = [.. changes.Select(ToRecord)],
            TextOnly = [.. textOnly.Select(ToRecord)],
        };

    public static PublishResult ToRecord(this V1.PublishResponse response) => new()
    {
        Release = response.Release,
        Revision = response.Revision,
        DryRun = response.DryRun,
        Diff = ToRecord(response.Changes, response.TextOnly),
    };

    public static Release ToRecord(this V1.Release release) => new()
    {
        Number = release.Number,
        Revision = release.Revision,
        Author = release.Author,
        Time = DateTimeOffset.FromUnixTimeMilliseconds(release.TimeUnixMs),
        Message = release.Message,
        RollbackTo = release.RollbackTo == 0 ? null : release.RollbackTo,
        Items = [.. release.Items.Select(item => new ReleaseItem
        {
            Path = item.Id.ToRecord(),
            Format = item.Format.ToRecord(),
            Removed = item.Removed,
            PreviousRelease = item.PreviousRelease,
        })],
    };

    public static ConfigurationView ToRecord(this V1.ViewId view) => new(view.Application, view.Environment)
    {
        Names = [.. view.Names],
        Labels = view.Labels.ToDictionary(),
    };

    public static ConfigurationSnapshot ToRecord(this V1.EffectiveConfiguration effective) => new()
    {
        Settings = [.. effective.Settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))],
        Release = effective.Release,
        Revision = effective.Revision,
        Version = effective.Version,
        Rendered = effective.Rendered,
        Problems = [.. effective.Problems],
    };

    public static Explanation ToRecord(this V1.ExplainResponse response) => new()
    {
        Keys = [.. response.Entries.Select(entry => new ExplainedKey
        {
            Key = entry.Key,
            Value = entry.Value,
            RawValue = entry.RawValue,
            Source = entry.Source.ToRecord(),
            Hidden = [.. entry.Hidden.Select(ToRecord)],
        })],
        Layers = [.. response.Layers.Select(
            layer => new ConfigurationLayer(layer.Id.ToRecord(), layer.Release, layer.Kind))],
    };

    public static ConnectedInstance ToRecord(this V1.ListInstancesResponse.Types.Entry entry) => new()
    {
        Id = entry.Instance.Id,
        Host = entry.Instance.Host,
        ProcessId = entry.Instance.ProcessId,
        Client = entry.Instance.Client,
        View = entry.View.ToRecord(),
        Server = entry.Server,
        Connected = DateTimeOffset.FromUnixTimeMilliseconds(entry.ConnectedUnixMs),
        SentRelease = entry.SentRelease,
        AppliedRelease = entry.AppliedRelease == 0 ? null : entry.AppliedRelease,
        RejectedRelease = entry.RejectedRelease == 0 ? null : entry.RejectedRelease,
        Reason = entry.Reason,
        Reported = entry.ReportedUnixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(entry.ReportedUnixMs),
        SentVersion = entry.SentVersion,
        AppliedVersion = entry.AppliedVersion,
    };

    private static ValueSource ToRecord(this V1.ExplainResponse.Types.Source source) =>
        new(source.Id.ToRecord(), source.Release, source.Value);

    /// <summary>A format of a newer server is one that this client does not know: unspecified, not an error.</summary>
    private static DocumentFormat ToRecord(this V1.Format format) =>
        format is >= V1.Format.Unspecified and <= V1.Format.Text ? (DocumentFormat)format : DocumentFormat.Unspecified;

    private static void Fill(this MapField<string, string> map, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        foreach (var (key, value) in pairs)
            map[key] = value;
    }
}
