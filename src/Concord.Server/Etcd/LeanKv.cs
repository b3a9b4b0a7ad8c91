using Concord.Protocol.Etcd;
using Concord.Server.Hosting.Grpc;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;

namespace Concord.Server.Etcd;

/// <summary>
/// Puts bare handlers before those methods of the KV service that make up nearly all load. The framework's stay behind them for
/// what is not plain.
/// </summary>
/// <remarks>
/// A plain call has no deadline and nothing to cancel for: a write goes its way whether somebody still listens or not, and
/// the replica answers every call in bounded time. So no call pays for a cancellation token.
/// </remarks>
internal sealed class LeanKv(KvCalls calls, IOptions<GrpcServiceOptions> grpc, ILogger<LeanKv> logger)
{
    /// <summary>A convention of the service's endpoints.</summary>
    public void Replace(EndpointBuilder endpoint)
    {
        if (endpoint.RequestDelegate is { } framework && endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } metadata)
        {
            endpoint.RequestDelegate = Lean(metadata.Method.Name, framework);
        }
    }

    private RequestDelegate Lean(string method, RequestDelegate framework) => method switch
    {
        nameof(KvService.Range) => Bind<RangeRequest, RangeAnswer, RangeAnswerWriter>(RangeRequest.Parser, (request, http) => calls.RangeAsync(request, http, CancellationToken.None), framework),
        nameof(KvService.Put) => Bind<PutRequest, PutResponse, MessageWriter<PutResponse>>(PutRequest.Parser, (request, http) => calls.PutAsync(request, http, CancellationToken.None), framework),
        nameof(KvService.DeleteRange) => Bind<DeleteRangeRequest, DeleteRangeResponse, MessageWriter<DeleteRangeResponse>>(DeleteRangeRequest.Parser, (request, http) => calls.DeleteRangeAsync(request, http, CancellationToken.None), framework),
        nameof(KvService.Txn) => Bind<TxnRequest, TxnResponse, MessageWriter<TxnResponse>>(TxnRequest.Parser, (request, http) => calls.TxnAsync(request, http, CancellationToken.None), framework),
        _ => framework,
    };

    private RequestDelegate Bind<TRequest, TAnswer, TWriter>(
        MessageParser<TRequest> parser, Func<TRequest, HttpContext, ValueTask<TAnswer>> call, RequestDelegate framework)
        where TRequest : class, IMessage<TRequest>
        where TWriter : IAnswerWriter<TAnswer> =>
        new LeanUnary<TRequest, TAnswer, TWriter>(parser, call, grpc.Value.MaxReceiveMessageSize ?? int.MaxValue, framework, logger).InvokeAsync;
}
