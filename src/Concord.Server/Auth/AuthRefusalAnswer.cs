using Concord.Protocol.V1;
using Concord.Server.Configs.Rest;
using Concord.Server.Etcd;
using Google.Protobuf;

namespace Concord.Server.Auth;

/// <summary>A refusal in the form that the client understands: a gRPC status with etcd's text, or problem details.</summary>
internal static class AuthRefusalAnswer
{
    private const string DetailTrailer = "concord-error-bin";

    public static Task WriteAsync(HttpContext http, AuthRefusal refusal) =>
        http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true
            ? WriteGrpcAsync(http, refusal)
            : WriteProblemAsync(http, refusal);

    /// <summary>The stable word, and what can be done about it.</summary>
    public static (string Code, string Message, string Remedy) Words(AuthRefusal refusal) => refusal switch
    {
        AuthRefusal.UserEmpty => ("unauthenticated", "This server checks access, and the request names no user.", "Sign in: a name with its password, or a token."),
        AuthRefusal.InvalidToken => ("invalid_token", "The token is unknown, has run out, or its user has changed.", "Sign in again."),
        AuthRefusal.OldRevision => ("outdated_token", "The rights have changed since the token was issued.", "Sign in again."),
        AuthRefusal.WrongPassword => ("wrong_password", "There is no such user, or it is not the password.", "Check name and password."),
        AuthRefusal.PermissionDenied => ("permission_denied", "The user has not the right to do this.", "Ask for a role that has it ('concord role get', 'concord user get')."),
        AuthRefusal.TooBusy => ("too_many_requests", "Too many passwords wait to be checked.", "Try again after a pause."),
        _ => ("unavailable", "Who you are could not be found out: there is no leader, or it did not answer in time.", "Try again, or ask another member."),
    };

    /// <summary>An answer of trailers only: the whole call is its status.</summary>
    private static Task WriteGrpcAsync(HttpContext http, AuthRefusal refusal)
    {
        var error = EtcdErrors.From(refusal);
        var (code, _, remedy) = Words(refusal);
        var detail = new ErrorDetail { Code = code, Message = error.Status.Detail, Remedy = remedy };
        var headers = http.Response.Headers;
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = "application/grpc";
        headers["grpc-status"] = ((int)error.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);

        // Percent-encoding is for what a header cannot carry (and for "%"); all texts here are plain ASCII, and some clients decode
        // no more than they have to.
        headers["grpc-message"] = error.Status.Detail;
        headers[DetailTrailer] = Convert.ToBase64String(detail.ToByteArray());
        return http.Response.CompleteAsync();
    }

    private static Task WriteProblemAsync(HttpContext http, AuthRefusal refusal)
    {
        var status = refusal switch
        {
            AuthRefusal.PermissionDenied => StatusCodes.Status403Forbidden,
            AuthRefusal.TooBusy => StatusCodes.Status429TooManyRequests,
            AuthRefusal.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status401Unauthorized,
        };
        if (status == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = new(["Basic realm=\"concord\", charset=\"UTF-8\"", "Bearer realm=\"concord\""]);
        }

        var (code, message, remedy) = Words(refusal);
        return RestErrors.Problem(status, code, message, "", remedy).ExecuteAsync(http);
    }
}
