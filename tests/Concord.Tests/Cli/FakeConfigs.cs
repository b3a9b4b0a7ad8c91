using System.Collections.Concurrent;
using System.Threading.Channels;
using Concord.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Tests.Cli;

/// <summary>Answers each call by the function that the test put there, and remembers what was asked.</summary>
internal sealed class FakeConfigs : Protocol.V1.Configs.ConfigsBase
{
    private readonly ConcurrentDictionary<Type, Func<IMessage, IMessage>> _answers = new();
    private readonly CancellationTokenSource _end = new();

    public ConcurrentQueue<IMessage> Requests { get; } = new();

    /// <summary>What the watch stream sends down, after the first subscription came up.</summary>
    public Channel<WatchConfigResponse> Down { get; } = Channel.CreateUnbounded<WatchConfigResponse>();

    public void On<TRequest>(Func<TRequest, IMessage> answer)
        where TRequest : IMessage => _answers[typeof(TRequest)] = request => answer((TRequest)request);

    public T Last<T>()
        where T : IMessage => Requests.OfType<T>().Last();

    public void EndAll() => _end.Cancel();

    public override Task<ListApplicationsResponse> ListApplications(ListApplicationsRequest request, ServerCallContext context) =>
        Answer<ListApplicationsResponse>(request);

    public override Task<ListConfigurationsResponse> ListConfigurations(ListConfigurationsRequest request, ServerCallContext context) =>
        Answer<ListConfigurationsResponse>(request);

    public override Task<GetConfigurationResponse> GetConfiguration(GetConfigurationRequest request, ServerCallContext context) =>
        Answer<GetConfigurationResponse>(request);

    public override Task<Draft> PutDraft(PutDraftRequest request, ServerCallContext context) => Answer<Draft>(request);

    public override Task<Draft> EditDraft(EditDraftRequest request, ServerCallContext context) => Answer<Draft>(request);

    public override Task<DiscardDraftResponse> DiscardDraft(DiscardDraftRequest request, ServerCallContext context) =>
        Answer<DiscardDraftResponse>(request);

    public override Task<DiffResponse> Diff(DiffRequest request, ServerCallContext context) => Answer<DiffResponse>(request);

    public override Task<PublishResponse> Publish(PublishRequest request, ServerCallContext context) =>
        Answer<PublishResponse>(request);

    public override Task<PublishResponse> Rollback(RollbackRequest request, ServerCallContext context) =>
        Answer<PublishResponse>(request);

    public override Task<ListReleasesResponse> ListReleases(ListReleasesRequest request, ServerCallContext context) =>
        Answer<ListReleasesResponse>(request);

    public override Task<GetReleaseResponse> GetRelease(GetReleaseRequest request, ServerCallContext context) =>
        Answer<GetReleaseResponse>(request);

    public override Task<EffectiveConfiguration> GetEffective(GetEffectiveRequest request, ServerCallContext context) =>
        Answer<EffectiveConfiguration>(request);

    public override Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context) =>
        Answer<ExplainResponse>(request);

    public override Task<ListInstancesResponse> ListInstances(ListInstancesRequest request, ServerCallContext context) =>
        Answer<ListInstancesResponse>(request);

    public override async Task Watch(
        IAsyncStreamReader<WatchConfigRequest> requestStream,
        IServerStreamWriter<WatchConfigResponse> responseStream,
        ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, context.CancellationToken);
        await requestStream.MoveNext(end.Token);
        Requests.Enqueue(requestStream.Current);
        await foreach (var response in Down.Reader.ReadAllAsync(end.Token))
        {
            response.Subscription = requestStream.Current.Subscribe.Subscription;
            await responseStream.WriteAsync(response, end.Token);
        }
    }

    private Task<T> Answer<T>(IMessage request)
        where T : IMessage
    {
        Requests.Enqueue(request);
        return _answers.TryGetValue(request.GetType(), out var answer)
            ? Task.FromResult((T)answer(request))
            : throw new RpcException(new Status(StatusCode.Unimplemented, $"the test has no answer to {request.GetType().Name}"));
    }
}
