using Concord.Server.Configs.Model;
using Concord.Server.Replica;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Concord.Server.Configs.Rest;

/// <summary>Errors as problem details (RFC 9457), with everything that the gRPC trailer carries as extensions.</summary>
internal static class RestErrors
{
    /// <summary>Turns the slice's refusals into problems, for every endpoint of the group.</summary>
    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (ConfigException e)
        {
            return Of(e.Error);
        }
        catch (ReplicaException e)
        {
            return Of(e);
        }
    }

    public static ProblemHttpResult Of(ConfigError error)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = error.Code.Word(), ["field"] = error.Field, ["remedy"] = error.Remedy };
        if (error.Line > 0)
        {
            extensions["line"] = error.Line;
            extensions["column"] = error.Column;
        }

        if (error.Code == ConfigErrorCode.Conflict)
        {
            extensions["expectedRelease"] = error.ExpectedRelease;
            extensions["actualRelease"] = error.ActualRelease;
        }

        if (error.Path is { } path)
        {
            extensions["configuration"] = path.Text;
        }

        return Problem(Status(error.Code), error.Code.Word(), error.Message, extensions);
    }

    private static ProblemHttpResult Of(ReplicaException error)
    {
        var status = error.Failure switch
        {
            ReplicaFailure.TooManyRequests => StatusCodes.Status429TooManyRequests,
            ReplicaFailure.DiskFull or ReplicaFailure.NoSpace => StatusCodes.Status507InsufficientStorage,
            ReplicaFailure.RequestTooLarge => StatusCodes.Status413PayloadTooLarge,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        var code = StoreErrorWord.Of(error.Failure);
        return Problem(status, code, error.Message, new() { ["code"] = code, ["field"] = "", ["remedy"] = StoreErrorWord.Remedy(error.Failure) });
    }

    private static ProblemHttpResult Problem(int status, string code, string message, Dictionary<string, object?> extensions) =>
        TypedResults.Problem(detail: message, statusCode: status, title: code.Replace('_', ' '), extensions: extensions);

    private static int Status(ConfigErrorCode code) => code switch
    {
        ConfigErrorCode.UnknownApplication or ConfigErrorCode.UnknownEnvironment or ConfigErrorCode.UnknownConfiguration or ConfigErrorCode.UnknownRelease => StatusCodes.Status404NotFound,
        ConfigErrorCode.Conflict or ConfigErrorCode.Contention or ConfigErrorCode.NothingToPublish => StatusCodes.Status409Conflict,
        ConfigErrorCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ConfigErrorCode.UnresolvedReference or ConfigErrorCode.UnknownImport or ConfigErrorCode.CannotEdit => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status400BadRequest,
    };
}
