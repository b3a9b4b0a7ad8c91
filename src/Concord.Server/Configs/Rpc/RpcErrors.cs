using Concord.Protocol.V1;
using Concord.Server.Configs.Model;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Concord.Server.Configs.Rpc;

/// <summary>Errors as gRPC carries them: a status, and all of it in the trailer <c>concord-error-bin</c>.</summary>
internal static class RpcErrors
{
    public const string Trailer = "concord-error-bin";

    public static RpcException Of(ConfigError error) => Make(Status(error.Code), error.Message, Messages.Error(error));

    public static RpcException Of(ReplicaException error)
    {
        var status = error.Failure switch
        {
            ReplicaFailure.TooManyRequests or ReplicaFailure.DiskFull or ReplicaFailure.NoSpace => StatusCode.ResourceExhausted,
            ReplicaFailure.RequestTooLarge => StatusCode.InvalidArgument,
            _ => StatusCode.Unavailable,
        };
        return Make(status, error.Message, new() { Code = StoreErrorWord.Of(error.Failure), Message = error.Message, Remedy = StoreErrorWord.Remedy(error.Failure) });
    }

    private static RpcException Make(StatusCode status, string message, ErrorDetail detail) =>
        new(new Status(status, message), new Metadata { { Trailer, detail.ToByteArray() } });

    private static StatusCode Status(ConfigErrorCode code) => code switch
    {
        ConfigErrorCode.UnknownApplication or ConfigErrorCode.UnknownEnvironment or ConfigErrorCode.UnknownConfiguration or ConfigErrorCode.UnknownRelease or ConfigErrorCode.UnknownKey => StatusCode.NotFound,
        ConfigErrorCode.Conflict or ConfigErrorCode.Contention => StatusCode.Aborted,
        ConfigErrorCode.NothingToPublish or ConfigErrorCode.CannotEdit or ConfigErrorCode.UnresolvedReference or ConfigErrorCode.UnknownImport => StatusCode.FailedPrecondition,
        ConfigErrorCode.Unauthenticated => StatusCode.Unauthenticated,
        ConfigErrorCode.PermissionDenied => StatusCode.PermissionDenied,
        _ => StatusCode.InvalidArgument,
    };
}

/// <summary>Turns the slice's refusals into statuses, for every method that answers once.</summary>
internal sealed class ConfigErrorInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (ConfigException e)
        {
            throw RpcErrors.Of(e.Error);
        }
        catch (ReplicaException e)
        {
            throw RpcErrors.Of(e);
        }
    }
}
