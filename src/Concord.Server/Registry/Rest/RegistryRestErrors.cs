using Concord.Server.Configs.Rest;
using Concord.Server.Registry.Model;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Concord.Server.Registry.Rest;

/// <summary>Errors as problem details (RFC 9457), as everywhere under /v1.</summary>
internal static class RegistryRestErrors
{
    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (RegistryException e)
        {
            return Of(e.Error);
        }
    }

    public static ProblemHttpResult Of(RegistryError error) => RestErrors.Problem(StatusOf(error.Code), error.Code.Word(), error.Message, error.Field, error.Remedy);

    private static int StatusOf(RegistryErrorCode code) => code switch
    {
        RegistryErrorCode.UnknownService or RegistryErrorCode.UnknownInstance => StatusCodes.Status404NotFound,
        RegistryErrorCode.Superseded or RegistryErrorCode.Expired or RegistryErrorCode.Contention => StatusCodes.Status409Conflict,
        RegistryErrorCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RegistryErrorCode.TooMany => StatusCodes.Status422UnprocessableEntity,
        RegistryErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        RegistryErrorCode.PermissionDenied => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status400BadRequest,
    };
}
