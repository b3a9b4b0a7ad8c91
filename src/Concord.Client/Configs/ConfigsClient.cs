using Grpc.Core;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Configs;

/// <summary>
/// Writes and publishes configurations, and asks what there is. Running services do not need it: they subscribe.
/// </summary>
/// <remarks>
/// Every call throws <see cref="ConcordServerException"/> when the server says no (its code, field and remedy are in the
/// exception) and <see cref="ConcordUnavailableException"/> when no endpoint answers. What may be missing in the normal
/// course is null.
/// </remarks>
public sealed class ConfigsClient
{
    private readonly V1.Configs.ConfigsClient _configs;

    internal ConfigsClient(CallInvoker invoker) => _configs = new V1.Configs.ConfigsClient(invoker);

    public async Task<IReadOnlyList<ApplicationSummary>> ListApplicationsAsync(CancellationToken cancellationToken = default)
    {
        var response = await _configs.ListApplicationsAsync(new(), cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return [.. response.Applications.Select(ConfigsMapping.ToRecord)];
    }

    /// <summary>The configurations of an application, in one environment or (null) in all.</summary>
    public async Task<IReadOnlyList<ConfigurationSummary>> ListConfigurationsAsync(
        string application,
        string? environment = null,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.ListConfigurationsRequest { Application = application, Environment = environment ?? "" };
        var response = await _configs.ListConfigurationsAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return [.. response.Entries.Select(ConfigsMapping.ToRecord)];
    }

    /// <summary>One configuration as it was written, after a release (0: the newest); null if there is none.</summary>
    public async Task<ConfigurationState?> GetConfigurationAsync(
        ConfigurationPath path,
        long release = 0,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.GetConfigurationRequest { Id = path.ToMessage(), Release = release };
        var response = await OrNull(_configs.GetConfigurationAsync(request, cancellationToken: cancellationToken))
            .ConfigureAwait(false);
        return response is null or { Published: null, Draft: null } ? null : response.ToRecord();
    }

    /// <summary>Replaces the whole document of a draft; a null document makes a draft that withdraws the configuration.</summary>
    public async Task<ConfigurationDraft> PutDraftAsync(
        ConfigurationPath path,
        ConfigurationDocument? document,
        string author,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.PutDraftRequest { Id = path.ToMessage(), Document = document?.ToMessage(), Author = author };
        var draft = await _configs.PutDraftAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return draft.ToRecord();
    }

    /// <summary>Sets and removes single keys of a draft; starts from what is published when there is no draft yet.</summary>
    public async Task<ConfigurationDraft> EditDraftAsync(
        ConfigurationPath path,
        DraftEdit edit,
        string author,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(edit);
        var request = new V1.EditDraftRequest
        {
            Id = path.ToMessage(),
            Author = author,
            Format = (V1.Format)edit.Format,
        };
        request.Remove.Add(edit.Remove);
        foreach (var (key, value) in edit.Set)
            request.Set[key] = value;

        var draft = await _configs.EditDraftAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return draft.ToRecord();
    }

    /// <summary>Throws the draft away; false if there was none.</summary>
    public async Task<bool> DiscardDraftAsync(ConfigurationPath path, CancellationToken cancellationToken = default)
    {
        var request = new V1.DiscardDraftRequest { Id = path.ToMessage() };
        var response = await _configs.DiscardDraftAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.Discarded;
    }

    /// <summary>What publishing the drafts of the targets would change.</summary>
    public Task<ConfigurationDiff> DiffDraftsAsync(
        IEnumerable<ReleaseTarget> targets,
        CancellationToken cancellationToken = default) => DiffReleasesAsync(targets, 0, 0, cancellationToken);

    /// <summary>The targets after one release against those after another (0: the newest).</summary>
    public async Task<ConfigurationDiff> DiffReleasesAsync(
        IEnumerable<ReleaseTarget> targets,
        long fromRelease,
        long toRelease,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.DiffRequest { FromRelease = fromRelease, ToRelease = toRelease };
        request.Targets.Add(targets.Select(ConfigsMapping.ToMessage));
        var response = await _configs.DiffAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return ConfigsMapping.ToRecord(response.Changes, response.TextOnly);
    }

    /// <summary>Turns the drafts of the targets into one release: all of them or none.</summary>
    public async Task<PublishResult> PublishAsync(
        IEnumerable<ReleaseTarget> targets,
        PublishOptions options,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var request = new V1.PublishRequest { Author = options.Author, Message = options.Message, DryRun = options.DryRun };
        request.Targets.Add(targets.Select(ConfigsMapping.ToMessage));
        var response = await _configs.PublishAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.ToRecord();
    }

    /// <summary>
    /// A new release that gives the targets the content they had after <paramref name="toRelease"/>. No target means
    /// every application and environment that the releases since then touched.
    /// </summary>
    public async Task<PublishResult> RollbackAsync(
        long toRelease,
        IEnumerable<ReleaseTarget> targets,
        PublishOptions options,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var request = new V1.RollbackRequest
        {
            ToRelease = toRelease,
            Author = options.Author,
            Message = options.Message,
            DryRun = options.DryRun,
        };
        request.Targets.Add(targets.Select(ConfigsMapping.ToMessage));
        var response = await _configs.RollbackAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.ToRecord();
    }

    /// <summary>At most <paramref name="limit"/> releases below the number <paramref name="before"/> (0: from the newest).</summary>
    public async Task<ReleasePage> ListReleasesAsync(
        string? application = null,
        string? environment = null,
        int limit = 50,
        long before = 0,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.ListReleasesRequest
        {
            Application = application ?? "",
            Environment = environment ?? "",
            Limit = limit,
            Before = before,
        };
        var response = await _configs.ListReleasesAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return new([.. response.Releases.Select(ConfigsMapping.ToRecord)], response.More);
    }

    /// <summary>One release and what it changed; null if there is no such release.</summary>
    public async Task<ReleaseDetails?> GetReleaseAsync(long number, CancellationToken cancellationToken = default)
    {
        var request = new V1.GetReleaseRequest { Number = number };
        var response = await OrNull(_configs.GetReleaseAsync(request, cancellationToken: cancellationToken))
            .ConfigureAwait(false);
        return response?.Release is { } release
            ? new(release.ToRecord(), [.. response.Changes.Select(ConfigsMapping.ToRecord)])
            : null;
    }

    /// <summary>What an instance gets; with a format also the document rendered in it (JSON, YAML or properties).</summary>
    public async Task<ConfigurationSnapshot> GetEffectiveAsync(
        ConfigurationView view,
        DocumentFormat render = DocumentFormat.Unspecified,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.GetEffectiveRequest { View = view.ToMessage(), Render = (V1.Format)render };
        var response = await _configs.GetEffectiveAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.ToRecord();
    }

    /// <summary>Which layer and release each key comes from; with a key only that one and those below it.</summary>
    public async Task<Explanation> ExplainAsync(
        ConfigurationView view,
        string? key = null,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.ExplainRequest { View = view.ToMessage(), Key = key ?? "" };
        var response = await _configs.ExplainAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return response.ToRecord();
    }

    /// <summary>The instances that are connected now; without arguments those of every application.</summary>
    public async Task<IReadOnlyList<ConnectedInstance>> ListInstancesAsync(
        string? application = null,
        string? environment = null,
        CancellationToken cancellationToken = default)
    {
        var request = new V1.ListInstancesRequest { Application = application ?? "", Environment = environment ?? "" };
        var response = await _configs.ListInstancesAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return [.. response.Entries.Select(ConfigsMapping.ToRecord)];
    }

    /// <summary>
    /// What was asked for may be missing. An application or environment that nobody knows is rather a slip of the pen:
    /// then the server's hint at the nearest name is worth more than null.
    /// </summary>
    private static async Task<T?> OrNull<T>(AsyncUnaryCall<T> call)
        where T : class
    {
        try
        {
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (ConcordServerException exception) when (exception.Code is "unknown_configuration" or "unknown_release")
        {
            return null;
        }
    }
}
