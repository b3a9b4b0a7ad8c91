using System.Text.RegularExpressions;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Rest;

/// <summary>
/// What goes wrong around the endpoints, as problem details too: a path or a method that is not there, a query that cannot
/// be read, a fault of the server. Without this they would be answers without a body.
/// </summary>
internal static partial class RestFailures
{
    public static IApplicationBuilder UseRestFailures(this IApplicationBuilder app) => app.Use(AnswerAsync);

    private static async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await RestErrors.Of(Unreadable(e), e.StatusCode).ExecuteAsync(http);
            return;
        }
        catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            new ConfigsLog(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RestFailures))).RequestFailed(e, http.Request.Method, http.Request.Path);
            await RestErrors.Internal().ExecuteAsync(http);
            return;
        }

        if (http.Response is { HasStarted: false, ContentLength: null or 0, ContentType: null } && Empty(http) is var (status, code, message, remedy))
        {
            await RestErrors.Problem(status, code, message, "", remedy).ExecuteAsync(http);
        }
    }

    private static (int Status, string Code, string Message, string Remedy)? Empty(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => (StatusCodes.Status404NotFound, "unknown_path", $"There is no {http.Request.Method} {http.Request.Path}.", "See /docs for the paths and methods that there are."),
        StatusCodes.Status405MethodNotAllowed => (StatusCodes.Status405MethodNotAllowed, "method_not_allowed", $"{http.Request.Path} does not take {http.Request.Method}.", $"It takes {http.Response.Headers.Allow}."),
        _ => null,
    };

    private static ConfigError Unreadable(BadHttpRequestException e) => Binding().Match(e.Message) is { Success: true } match
        ? new(ConfigErrorCode.InvalidRequest, $"'{ConfigNames.Shorten(match.Groups["value"].Value)}' is not a value for '{match.Groups["name"].Value}'.", match.Groups["name"].Value, "Give a whole number.")
        : new(e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ConfigErrorCode.TooLarge : ConfigErrorCode.InvalidRequest, e.Message, "body", "Correct the request; see /docs.");

    /// <summary>The framework's sentence about a parameter; all that are not texts are whole numbers here.</summary>
    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex Binding();
}
