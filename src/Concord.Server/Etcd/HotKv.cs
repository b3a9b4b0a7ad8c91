using System.Collections.Frozen;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting.Grpc;
using Concord.Server.Replica;
using Concord.Server.Telemetry;

namespace Concord.Server.Etcd;

/// <summary>
/// The first step of a request's way: the calls of <see cref="LeanKv"/> are answered here, before routing and everything else that looks
/// at a request on behalf of others, as long as there is nothing for those to do. What is not answered here goes the whole way.
/// </summary>
internal sealed class HotKv(LeanKv lean, LocalReplica replica)
{
    private FrozenDictionary<string, (ILeanCall Call, GrpcCallCount Count)> _calls = FrozenDictionary<string, (ILeanCall, GrpcCallCount)>.Empty;

    /// <summary>From now on calls are answered here. Not called, all go the whole way.</summary>
    public void Open(GrpcCallCounts counts) => _calls = lean.Methods.ToFrozenDictionary(
        static pair => $"/{KV.Descriptor.FullName}/{pair.Key}", pair => (pair.Value, counts.Of(KV.Descriptor.FullName, pair.Key)), StringComparer.Ordinal);

    public RequestDelegate Answer(RequestDelegate next) => http =>
    {
        // Where access is checked, the gate on the way finds out who calls.
        var request = http.Request;
        return _calls.TryGetValue(request.Path.Value ?? "", out var hot) && !replica.View.Auth.IsEnabled && LeanCall.IsPlain(request)
            ? hot.Call.AnswerAsync(http, hot.Count, next)
            : next(http);
    };
}
