using Concord.Protocol.V1;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;
using Concord.Server.Configs.Views;
using Grpc.Core;

namespace Concord.Server.Configs.Rpc;

/// <summary>The gRPC face of the slice.</summary>
internal sealed class ConfigsService(ConfigAccess access, ConfigHub hub, TimeProvider time) : Protocol.V1.Configs.ConfigsBase
{
    public override async Task<ListApplicationsResponse> ListApplications(ListApplicationsRequest request, ServerCallContext context)
    {
        var applications = await access.Views(context.GetHttpContext()).ApplicationsAsync(context.CancellationToken);
        return new()
        {
            Applications =
            {
                applications.Select(static application => new ListApplicationsResponse.Types.Application
                {
                    Name = application.Name,
                    Environments =
                    {
                        application.Environments.Select(static environment => new ListApplicationsResponse.Types.Environment
                        {
                            Name = environment.Name,
                            Release = environment.Release,
                            Configurations = environment.Configurations,
                            Drafts = environment.Drafts,
                        }),
                    },
                }),
            },
        };
    }

    public override async Task<ListConfigurationsResponse> ListConfigurations(ListConfigurationsRequest request, ServerCallContext context)
    {
        var application = ConfigNames.Application(request.Application, "application");
        var environment = request.Environment.Length == 0 ? null : ConfigNames.Environment(request.Environment, "environment");
        var entries = await access.Views(context.GetHttpContext()).ConfigurationsAsync(application, environment, context.CancellationToken);
        return new()
        {
            Entries =
            {
                entries.Select(static entry => new ListConfigurationsResponse.Types.Entry
                {
                    Id = Messages.Id(entry.Path),
                    Format = (Format)entry.Format,
                    Release = entry.Release,
                    HasDraft = entry.HasDraft,
                    SizeBytes = entry.SizeBytes,
                }),
            },
        };
    }

    public override async Task<GetConfigurationResponse> GetConfiguration(GetConfigurationRequest request, ServerCallContext context)
    {
        var path = Requests.Path(request.Id);
        var (release, document, draft) = await access.Views(context.GetHttpContext()).ConfigurationAsync(path, request.Release, context.CancellationToken);
        return new()
        {
            Published = document is null ? null : new() { Id = Messages.Id(path), Document = Messages.Document(document), Release = release },
            Draft = draft is null ? null : Messages.Draft(draft),
        };
    }

    public override async Task<Draft> PutDraft(PutDraftRequest request, ServerCallContext context) =>
        Messages.Draft(await access.Drafts(context.GetHttpContext()).PutAsync(Requests.Path(request.Id), Requests.Document(request.Document), request.Author, context.CancellationToken));

    public override async Task<Draft> EditDraft(EditDraftRequest request, ServerCallContext context) =>
        Messages.Draft(await access.Drafts(context.GetHttpContext()).EditAsync(Requests.Path(request.Id), request.Set, request.Remove, Requests.OptionalFormat(request.Format, "format"), request.Author, context.CancellationToken));

    public override async Task<DiscardDraftResponse> DiscardDraft(DiscardDraftRequest request, ServerCallContext context) =>
        new() { Discarded = await access.Drafts(context.GetHttpContext()).DiscardAsync(Requests.Path(request.Id), context.CancellationToken) };

    public override async Task<DiffResponse> Diff(DiffRequest request, ServerCallContext context)
    {
        var (changes, textOnly) = await access.Releases(context.GetHttpContext()).DiffAsync(Requests.Targets(request.Targets), request.FromRelease, request.ToRelease, context.CancellationToken);
        return new() { Changes = { changes.Select(Messages.Change) }, TextOnly = { textOnly.Select(Messages.Id) } };
    }

    public override async Task<PublishResponse> Publish(PublishRequest request, ServerCallContext context) =>
        Messages.Outcome(await access.Releases(context.GetHttpContext()).PublishAsync(Requests.Targets(request.Targets), request.Author, request.Message, request.DryRun, context.CancellationToken));

    public override async Task<PublishResponse> Rollback(RollbackRequest request, ServerCallContext context) =>
        Messages.Outcome(await access.Releases(context.GetHttpContext()).RollbackAsync(request.ToRelease, Requests.Targets(request.Targets), request.Author, request.Message, request.DryRun, context.CancellationToken));

    public override async Task<ListReleasesResponse> ListReleases(ListReleasesRequest request, ServerCallContext context)
    {
        var (page, more) = await access.Releases(context.GetHttpContext()).ListAsync(request.Application, request.Environment, request.Limit, request.Before, context.CancellationToken);
        return new() { Releases = { page.Select(static release => Messages.Release(release.Record, release.Revision)) }, More = more };
    }

    public override async Task<GetReleaseResponse> GetRelease(GetReleaseRequest request, ServerCallContext context)
    {
        var (record, revision, changes) = await access.Releases(context.GetHttpContext()).GetAsync(request.Number, context.CancellationToken);
        return new() { Release = Messages.Release(record, revision), Changes = { changes.Select(Messages.Change) } };
    }

    public override async Task<EffectiveConfiguration> GetEffective(GetEffectiveRequest request, ServerCallContext context)
    {
        var render = Requests.OptionalFormat(request.Render, "render");
        var view = await access.Views(context.GetHttpContext()).EffectiveAsync(Requests.View(request.View, "view"), context.CancellationToken);
        var message = Messages.Effective(view);
        message.Rendered = render is { } format ? ViewRenderer.Render(view, format) : "";
        return message;
    }

    public override async Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context)
    {
        var (view, explained) = await access.Views(context.GetHttpContext()).ExplainAsync(Requests.View(request.View, "view"), request.Key, context.CancellationToken);
        return new() { Entries = { explained.Select(Messages.Explained) }, Layers = { view.Layers.Layers.Select(Messages.Layer) } };
    }

    public override Task<ListInstancesResponse> ListInstances(ListInstancesRequest request, ServerCallContext context)
    {
        var application = request.Application.Length == 0 ? null : ConfigNames.Application(request.Application, "application");
        var environment = request.Environment.Length == 0 ? null : ConfigNames.Environment(request.Environment, "environment");
        var store = access.Store(context.GetHttpContext());
        var server = store.MemberName();
        var instances = hub.Instances(store, application, environment).Select(subscription => Messages.Instance(subscription, server));
        return Task.FromResult(new ListInstancesResponse { Entries = { instances } });
    }

    public override async Task Watch(IAsyncStreamReader<WatchConfigRequest> requestStream, IServerStreamWriter<WatchConfigResponse> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var connection = new GrpcWatchConnection(hub, access.Store(http), time, http.Response.BodyWriter);
        hub.Add(connection);
        try
        {
            var reading = ReadAsync(requestStream, connection, context.CancellationToken);
            if (await Task.WhenAny(reading, connection.Completion) == reading)
            {
                await reading;

                // The client has nothing more to say; it may go on to listen.
                await connection.Completion.WaitAsync(context.CancellationToken);
            }
        }
        catch (Exception e) when (context.CancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client hung up.
        }
        finally
        {
            await hub.RemoveAsync(connection).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!context.CancellationToken.IsCancellationRequested)
        {
            await connection.Completion;
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; go on with another member."));
        }
    }

    private static async Task ReadAsync(IAsyncStreamReader<WatchConfigRequest> requests, GrpcWatchConnection connection, CancellationToken cancellation)
    {
        while (await requests.MoveNext(cancellation))
        {
            connection.Take(requests.Current);
        }
    }
}
