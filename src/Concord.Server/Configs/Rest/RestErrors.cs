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

    public static ProblemHttpResult Of(ConfigError error) => Of(error, Status(error));

    /// <param name="status">Instead of the usual one for such an error.</param>
    public static ProblemHttpResult Of(ConfigError error, int status)
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

        return Problem(status, error.Code.Word(), error.Message, extensions);
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
        return Problem(status, code, error.Message, "", StoreErrorWord.Remedy(error.Failure));
    }

    /// <summary>A fault of the server itself; what it was is in its log, under the trace that the problem names.</summary>
    public static ProblemHttpResult Internal() => Problem(StatusCodes.Status500InternalServerError, "internal", "The server failed to answer.", "", "Look into the server's log for the trace of this problem, and report it.");

    public static ProblemHttpResult Problem(int status, string code, string message, string field, string remedy) =>
        Problem(status, code, message, new() { ["code"] = code, ["field"] = field, ["remedy"] = remedy });

    private static ProblemHttpResult Problem(int status, string code, string message, Dictionary<string, object?> extensions) =>
        TypedResults.Problem(detail: message, statusCode: status, title: code.Replace('_', ' '), extensions: extensions);

    private static int Status(ConfigError error) => error.Code switch
    {
        ConfigErrorCode.UnknownFormat when error.Field == RestRequests.ContentTypeField => StatusCodes.Status415UnsupportedMediaType,
        ConfigErrorCode.UnknownApplication or ConfigErrorCode.UnknownEnvironment or ConfigErrorCode.UnknownConfiguration or ConfigErrorCode.UnknownRelease or ConfigErrorCode.UnknownKey => StatusCodes.Status404NotFound,
        ConfigErrorCode.Conflict or ConfigErrorCode.Contention or ConfigErrorCode.NothingToPublish => StatusCodes.Status409Conflict,
        ConfigErrorCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ConfigErrorCode.UnresolvedReference or ConfigErrorCode.UnknownImport or ConfigErrorCode.CannotEdit => StatusCodes.Status422UnprocessableEntity,
        ConfigErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        ConfigErrorCode.PermissionDenied => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status400BadRequest,
    };
}
