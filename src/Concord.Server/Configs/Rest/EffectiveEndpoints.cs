using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;
using Concord.Server.Configs.Views;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Concord.Server.Configs.Rest;

/// <summary>Configuration as services see it.</summary>
internal static class EffectiveEndpoints
{
    public static void Map(RouteGroupBuilder app)
    {
        app.MapGet("/effective", GetAsync).WithName("GetEffective").WithTags("Views")
            .WithSummary("The effective configuration: all layers merged, references filled in")
            .WithDescription("format is keys (default), json, yaml or properties. Answers 304 when If-None-Match holds the version that is in force.")
            .Produces(StatusCodes.Status304NotModified);
        app.MapGet("/effective/watch", WatchAsync).WithName("WatchEffective").WithTags("Views")
            .WithSummary("Follows the effective configuration as server-sent events")
            .WithDescription("First 'view' (or 'delta' when resumed by Last-Event-ID or ?from=), then 'delta' on each change and 'heartbeat' after 15 s of silence. The id of an event is the revision to resume from.")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream");
        app.MapGet("/explain", ExplainAsync).WithName("ExplainEffective").WithTags("Views")
            .WithSummary("Which layer and release each key comes from, and what it hides");
        app.MapGet("/instances", GetInstances).WithName("ListInstances").WithTags("Views")
            .WithSummary("Instances connected to this member with the release that each applied or rejected");
    }

    private static async Task<Results<Ok<EffectiveBody>, ContentHttpResult, StatusCodeHttpResult>> GetAsync(
        string app, string env, [FromQuery] string[]? name, [FromQuery] string[]? label, string? format, ConfigAccess access, HttpContext http)
    {
        ConfigFormat? render = format is null or "" or "keys" ? null : ConfigFormats.Parse(format, "format");
        var view = await access.Views(http).EffectiveAsync(RestRequests.View(app, env, name, label), http.RequestAborted);

        // Weak: the version stands for the settings, not for the bytes of an answer.
        http.Response.Headers.ETag = $"W/\"{view.Version}\"";
        http.Response.Headers.CacheControl = "no-cache";
        if (RestRequests.Holds(http.Request.Headers.IfNoneMatch, view.Version))
        {
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        return render is { } kind
            ? TypedResults.Text(ViewRenderer.Render(view, kind), kind.MediaType() + "; charset=utf-8")
            : TypedResults.Ok(EffectiveBody.Of(view));
    }

    private static async Task WatchAsync(
        string app, string env, [FromQuery] string[]? name, [FromQuery] string[]? label, long? from, ConfigHub hub, ConfigAccess access, HttpContext http)
    {
        try
        {
            var resume = from ?? LastEventId(http.Request);
            if (resume < 0)
            {
                throw new ConfigException(new ConfigError(ConfigErrorCode.InvalidRequest, $"{resume} is not a revision.", "from", "Give the id of the last event, or leave it out."));
            }

            await FollowAsync(RestRequests.View(app, env, name, label), resume, hub, access.Store(http), http);
        }
        catch (ConfigException e) when (!http.Response.HasStarted)
        {
            await RestErrors.Of(e.Error).ExecuteAsync(http);
        }
    }

    private static async Task FollowAsync(ViewKey key, long from, ConfigHub hub, ConfigStore store, HttpContext http)
    {
        var connection = new SseConnection(http.Response.BodyWriter, http.RequestAborted);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        hub.Add(connection);
        try
        {
            hub.Subscribe(connection, store, 0, key, "", from, null);
            await connection.Completion.WaitAsync(http.RequestAborted);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client hung up.
        }
        finally
        {
            await hub.RemoveAsync(connection).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<Ok<ExplainBody>> ExplainAsync(
        string app, string env, [FromQuery] string[]? name, [FromQuery] string[]? label, string? key, ConfigAccess access, HttpContext http)
    {
        var (view, explained) = await access.Views(http).ExplainAsync(RestRequests.View(app, env, name, label), key ?? "", http.RequestAborted);
        return TypedResults.Ok(ExplainBody.Of(view, explained));
    }

    private static Ok<InstanceList> GetInstances(string app, string env, ConfigHub hub, ConfigAccess access, HttpContext http)
    {
        var store = access.Store(http);
        var server = store.MemberName();
        var instances = hub.Instances(store, ConfigNames.Application(app, "app"), ConfigNames.Environment(env, "env"));
        return TypedResults.Ok(new InstanceList(instances.Select(instance => InstanceBody.Of(instance, server)).ToList()));
    }

    private static long LastEventId(HttpRequest request) =>
        long.TryParse(request.Headers["Last-Event-ID"].ToString(), out var revision) && revision > 0 ? revision : 0;
}
