using System.Globalization;
using System.Text.RegularExpressions;
using Concord.Server.Configs.Model;
using Microsoft.AspNetCore.Http.Metadata;

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

        if (http.Response is { HasStarted: false, ContentLength: null or 0, ContentType: null, StatusCode: StatusCodes.Status400BadRequest } && Misread(http) is { } misread)
        {
            await RestErrors.Of(misread, StatusCodes.Status400BadRequest).ExecuteAsync(http);
        }
        else if (http.Response is { HasStarted: false, ContentLength: null or 0, ContentType: null } && Empty(http) is var (status, code, message, remedy))
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
        ? NoValueFor(match.Groups["name"].Value, match.Groups["value"].Value, "Give a whole number.")
        : new(e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ConfigErrorCode.TooLarge : ConfigErrorCode.InvalidRequest, e.Message, "body", "Correct the request; see /docs.");

    /// <summary>For parameters that may be left out the generated handlers set the status and say nothing.</summary>
    private static ConfigError? Misread(HttpContext http)
    {
        foreach (var parameter in http.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>() ?? [])
        {
            var text = http.Request.Query[parameter.Name].ToString();
            var type = Nullable.GetUnderlyingType(parameter.ParameterInfo.ParameterType);
            var (isRead, remedy) = type == typeof(bool) ? (bool.TryParse(text, out _), "Give true or false.")
                : type == typeof(int) ? (int.TryParse(text, CultureInfo.InvariantCulture, out _), "Give a whole number.")
                : type == typeof(long) ? (long.TryParse(text, CultureInfo.InvariantCulture, out _), "Give a whole number.")
                : (true, "");
            if (text.Length > 0 && !isRead)
            {
                return NoValueFor(parameter.Name, text, remedy);
            }
        }

        return null;
    }

    private static ConfigError NoValueFor(string name, string text, string remedy) =>
        new(ConfigErrorCode.InvalidRequest, $"'{ConfigNames.Shorten(text)}' is not a value for '{name}'.", name, remedy);

    /// <summary>The framework's sentence about a parameter; all that must be there and are not texts are whole numbers here.</summary>
    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex Binding();
}
