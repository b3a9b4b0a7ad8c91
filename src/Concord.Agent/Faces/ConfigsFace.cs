using Concord.Agent.Cache;
using Concord.Client;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Agent.Faces;

/// <summary>
/// The configuration centre as processes of this host see it. Each process keeps a stream of its own to the servers, for they keep
/// a list of who has applied what; what comes down is remembered, and while the servers are away it is what processes are given.
/// </summary>
internal sealed class ConfigsFace(Upstream upstream, AnswerStore store, TimeProvider time, IHostApplicationLifetime lifetime) : Configs.ConfigsBase
{
    private const string View = "ConfigView";

    /// <summary>As the servers do.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    /// <summary>How often it is looked whether the servers are back.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Configs.ConfigsClient _servers = new(upstream.Invoker);

    public override Task<ListApplicationsResponse> ListApplications(ListApplicationsRequest request, ServerCallContext context) =>
        upstream.ReadAsync("ListApplications", request, ListApplicationsResponse.Parser, options => _servers.ListApplicationsAsync(request, options), context);

    public override Task<ListConfigurationsResponse> ListConfigurations(ListConfigurationsRequest request, ServerCallContext context) =>
        upstream.ReadAsync("ListConfigurations", request, ListConfigurationsResponse.Parser, options => _servers.ListConfigurationsAsync(request, options), context);

    public override Task<GetConfigurationResponse> GetConfiguration(GetConfigurationRequest request, ServerCallContext context) =>
        upstream.ReadAsync("GetConfiguration", request, GetConfigurationResponse.Parser, options => _servers.GetConfigurationAsync(request, options), context);

    public override Task<EffectiveConfiguration> GetEffective(GetEffectiveRequest request, ServerCallContext context) =>
        upstream.ReadAsync("GetEffective", request, EffectiveConfiguration.Parser, options => _servers.GetEffectiveAsync(request, options), context);

    public override Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context) =>
        upstream.ReadAsync("Explain", request, ExplainResponse.Parser, options => _servers.ExplainAsync(request, options), context);

    public override Task<ListReleasesResponse> ListReleases(ListReleasesRequest request, ServerCallContext context) =>
        upstream.ReadAsync("ListReleases", request, ListReleasesResponse.Parser, options => _servers.ListReleasesAsync(request, options), context);

    public override Task<GetReleaseResponse> GetRelease(GetReleaseRequest request, ServerCallContext context) =>
        upstream.ReadAsync("GetRelease", request, GetReleaseResponse.Parser, options => _servers.GetReleaseAsync(request, options), context);

    public override Task<Draft> PutDraft(PutDraftRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.PutDraftAsync(request, options), context);

    public override Task<Draft> EditDraft(EditDraftRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.EditDraftAsync(request, options), context);

    public override Task<DiscardDraftResponse> DiscardDraft(DiscardDraftRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.DiscardDraftAsync(request, options), context);

    public override Task<DiffResponse> Diff(DiffRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.DiffAsync(request, options), context);

    public override Task<PublishResponse> Publish(PublishRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.PublishAsync(request, options), context);

    public override Task<PublishResponse> Rollback(RollbackRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.RollbackAsync(request, options), context);

    public override Task<ListInstancesResponse> ListInstances(ListInstancesRequest request, ServerCallContext context) =>
        upstream.PassAsync(options => _servers.ListInstancesAsync(request, options), context);

    public override async Task Watch(IAsyncStreamReader<WatchConfigRequest> requestStream, IServerStreamWriter<WatchConfigResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            if (await AreThereAsync(ending.Token))
            {
                await PassAsync(requestStream, responseStream, ending.Token);
            }
            else
            {
                await ServeKnownAsync(requestStream, responseStream, ending.Token);
            }
        }
        catch (ConcordException error)
        {
            if (Upstream.IsAway(error))
            {
                // The process opens it again, and is then given what is known.
                upstream.Away(error.Message);
            }

            throw Upstream.Translate(error);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The agent is stopping."));
        }
    }

    private async Task PassAsync(IAsyncStreamReader<WatchConfigRequest> requests, IServerStreamWriter<WatchConfigResponse> responses, CancellationToken stop)
    {
        using var call = _servers.Watch(new CallOptions(upstream.Headers, cancellationToken: stop));
        var table = new ConfigTable();
        var gate = new Lock();
        await Pump.RunAsync(requests, responses, call, Asked, Seen, stop);

        void Asked(WatchConfigRequest request)
        {
            lock (gate)
            {
                table.Asked(request);
            }
        }

        void Seen(WatchConfigResponse response)
        {
            lock (gate)
            {
                if (table.Answered(response, Recall) is { } changed)
                {
                    store.Remember(View, changed.View, changed.Content);
                }
            }
        }
    }

    private EffectiveConfiguration? Recall(ViewId view) => store.Recall(View, view, EffectiveConfiguration.Parser);

    /// <summary>Gives what is known of each view, until the servers are back; then the process is to open its stream again.</summary>
    private async Task ServeKnownAsync(IAsyncStreamReader<WatchConfigRequest> requests, IServerStreamWriter<WatchConfigResponse> responses, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var writing = new SemaphoreSlim(1, 1);
        var revisions = new System.Collections.Concurrent.ConcurrentDictionary<int, long>();
        var reading = ReadAsync();
        try
        {
            var said = time.GetTimestamp();
            do
            {
                await Task.Delay(LookInterval, time, stop);
                if (time.GetElapsedTime(said) >= SignOfLife)
                {
                    said = time.GetTimestamp();
                    foreach (var (subscription, revision) in revisions)
                    {
                        await WriteAsync(new() { Subscription = subscription, Heartbeat = new() { Revision = revision } });
                    }
                }
            }
            while (!reading.IsCompleted && !await AreThereAsync(stop));
        }
        finally
        {
            await ending.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "The servers are back."));

        async Task ReadAsync()
        {
            while (await requests.MoveNext(ending.Token))
            {
                var request = requests.Current;
                if (request.RequestCase == WatchConfigRequest.RequestOneofCase.Subscribe && Recall(request.Subscribe.View ?? new ViewId()) is { } known)
                {
                    revisions[request.Subscribe.Subscription] = known.Revision;
                    await WriteAsync(new() { Subscription = request.Subscribe.Subscription, Full = known });
                }
                else if (request.RequestCase == WatchConfigRequest.RequestOneofCase.Unsubscribe)
                {
                    revisions.TryRemove(request.Unsubscribe.Subscription, out _);
                }
            }
        }

        async Task WriteAsync(WatchConfigResponse response)
        {
            await writing.WaitAsync(ending.Token);
            try
            {
                await responses.WriteAsync(response, ending.Token);
            }
            finally
            {
                writing.Release();
            }
        }
    }

    /// <summary>A server answers; what it answers does not matter.</summary>
    private async Task<bool> AreThereAsync(CancellationToken stop)
    {
        try
        {
            await _servers.ListApplicationsAsync(new(), new CallOptions(upstream.Headers, DateTime.UtcNow + TimeSpan.FromSeconds(2), stop)).ResponseAsync;
        }
        catch (ConcordException error) when (Upstream.IsAway(error))
        {
            upstream.Away(error.Message);
            return false;
        }
        catch (ConcordException)
        {
            // Refused, which somebody must have done.
        }

        upstream.Back();
        return true;
    }
}
