using System.Collections.Frozen;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting.Grpc;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;

namespace Concord.Server.Etcd;

/// <summary>
/// Bare handlers for those methods of the KV service that make up nearly all load, before the framework's, which stay behind them for
/// what is not plain.
/// </summary>
/// <remarks>
/// A plain call has no deadline and nothing to cancel for: a write goes its way whether somebody still listens or not, and
/// the replica answers every call in bounded time. So no call pays for a cancellation token.
/// </remarks>
internal sealed class LeanKv
{
    private readonly IOptions<GrpcServiceOptions> _grpc;
    private readonly ILogger<LeanKv> _logger;

    public LeanKv(KvCalls calls, IOptions<GrpcServiceOptions> grpc, ILogger<LeanKv> logger)
    {
        _grpc = grpc;
        _logger = logger;
        Methods = new Dictionary<string, ILeanCall>
        {
            [nameof(KvService.Range)] = Bind<RangeRequest, RangeAnswer, RangeAnswerWriter>(RangeRequest.Parser, (request, http) => calls.RangeAsync(request, http, CancellationToken.None)),
            [nameof(KvService.Put)] = Bind<PutRequest, PutResponse, MessageWriter<PutResponse>>(PutRequest.Parser, (request, http) => calls.PutAsync(request, http, CancellationToken.None)),
            [nameof(KvService.DeleteRange)] = Bind<DeleteRangeRequest, DeleteRangeResponse, MessageWriter<DeleteRangeResponse>>(DeleteRangeRequest.Parser, (request, http) => calls.DeleteRangeAsync(request, http, CancellationToken.None)),
            [nameof(KvService.Txn)] = Bind<TxnRequest, TxnResponse, MessageWriter<TxnResponse>>(TxnRequest.Parser, (request, http) => calls.TxnAsync(request, http, CancellationToken.None)),
        }.ToFrozenDictionary();
    }

    /// <summary>The handlers by the names of their methods.</summary>
    public FrozenDictionary<string, ILeanCall> Methods { get; }

    /// <summary>A convention of the service's endpoints.</summary>
    public void Replace(EndpointBuilder endpoint)
    {
        if (endpoint.RequestDelegate is { } framework
            && endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } metadata
            && Methods.TryGetValue(metadata.Method.Name, out var lean))
        {
            endpoint.RequestDelegate = http => LeanCall.IsPlain(http.Request) ? lean.AnswerAsync(http, count: null, framework) : framework(http);
        }
    }

    private LeanUnary<TRequest, TAnswer, TWriter> Bind<TRequest, TAnswer, TWriter>(MessageParser<TRequest> parser, Func<TRequest, HttpContext, ValueTask<TAnswer>> call)
        where TRequest : class, IMessage<TRequest>
        where TWriter : IAnswerWriter<TAnswer> =>
        new(parser, call, _grpc.Value.MaxReceiveMessageSize ?? int.MaxValue, _logger);
}
