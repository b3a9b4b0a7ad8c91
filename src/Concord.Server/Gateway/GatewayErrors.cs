using System.Text.Json;
using System.Text.Json.Serialization;
using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>Errors as the gateway shows them: google.rpc.Status in JSON, under the HTTP status that stands for its code.</summary>
internal static class GatewayErrors
{
    public static string ToJson(Status status) =>
        JsonSerializer.Serialize(new GatewayError((int)status.StatusCode, status.Detail, []), GatewayJson.Default.GatewayError);

    /// <summary>As google.rpc.Code's documentation lists them.</summary>
    public static int HttpStatus(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}

internal sealed record GatewayError(
    [property: JsonPropertyName("code")] int Code,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("details")] IReadOnlyList<string> Details);

[JsonSerializable(typeof(GatewayError))]
[JsonSerializable(typeof(JsonElement))]
[JsonSourceGenerationOptions]
internal sealed partial class GatewayJson : JsonSerializerContext;
