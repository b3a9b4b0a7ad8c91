using Concord.Protocol.V1;
using Concord.Server.Configs;
using Concord.Server.Configs.Rpc;
using Concord.Server.Registry.Model;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Concord.Server.Registry.Rpc;

/// <summary>Errors as gRPC carries them: a status, and all of it in the trailer that the configurations use too.</summary>
internal static class RegistryRpcErrors
{
    public static RpcException Of(RegistryError error) => new(
        new Status(StatusOf(error.Code), error.Message),
        new Metadata { { RpcErrors.Trailer, RegistryMessages.Error(error).ToByteArray() } });

    public static ErrorDetail Detail(ReplicaException error) =>
        new() { Code = StoreErrorWord.Of(error.Failure), Message = error.Message, Remedy = StoreErrorWord.Remedy(error.Failure) };

    private static StatusCode StatusOf(RegistryErrorCode code) => code switch
    {
        RegistryErrorCode.UnknownService or RegistryErrorCode.UnknownInstance => StatusCode.NotFound,
        RegistryErrorCode.Contention => StatusCode.Aborted,
        RegistryErrorCode.Superseded or RegistryErrorCode.Expired => StatusCode.FailedPrecondition,
        RegistryErrorCode.TooMany => StatusCode.ResourceExhausted,
        RegistryErrorCode.Unauthenticated => StatusCode.Unauthenticated,
        RegistryErrorCode.PermissionDenied => StatusCode.PermissionDenied,
        _ => StatusCode.InvalidArgument,
    };
}

/// <summary>Turns the slice's refusals into statuses, for every method that answers once.</summary>
internal sealed class RegistryErrorInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (RegistryException e)
        {
            throw RegistryRpcErrors.Of(e.Error);
        }
        catch (ReplicaException e)
        {
            throw RpcErrors.Of(e);
        }
    }
}
