using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Concord.Server.Configs.Rest;

internal static class ReleaseEndpoints
{
    public static void MapDiff(RouteGroupBuilder app) =>
        app.MapGet("/diff", DiffAsync).WithName("Diff").WithTags("Releases")
            .WithSummary("What publishing the drafts would change, key by key; or the difference of two releases (from, to)");

    public static void Map(RouteGroupBuilder releases)
    {
        releases.MapPost("", PublishAsync).WithName("Publish").WithTags("Releases").ProducesWriteProblems()
            .WithSummary("Publishes drafts of one or several applications as one release, all or nothing")
            .Accepts<PublishBody>("application/json", RestDescription.AnyType);
        releases.MapGet("", ListAsync).WithName("ListReleases").WithTags("Releases")
            .WithSummary("The history, newest first");
        releases.MapGet("/{number:long}", GetAsync).WithName("GetRelease").WithTags("Releases")
            .WithSummary("One release with what it changed");
        releases.MapPost("/{number:long}/rollback", RollbackAsync).WithName("Rollback").WithTags("Releases").ProducesWriteProblems()
            .WithSummary("Makes a new release that brings back what the targets were after this one")
            .Accepts<RollbackBody>("application/json", RestDescription.AnyType);
    }

    private static async Task<Ok<DiffBody>> DiffAsync(string app, string env, string? name, string? selector, long? from, long? to, ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var target = ReleaseTarget.From(app, env, name ?? "", Labels.Parse(selector ?? "", "selector").Items, null);
        var (changes, textOnly) = await access.Releases(request.HttpContext).DiffAsync([target], from ?? 0, to ?? 0, cancellation);
        return TypedResults.Ok(new DiffBody(changes.Select(ChangeBody.Of).ToList(), textOnly.Select(ConfigurationName.Of).ToList()));
    }

    private static async Task<Results<Created<PublishedBody>, Ok<PublishedBody>>> PublishAsync(ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RestJson.Default.PublishBody, cancellation);
        return Answer(await access.Releases(request.HttpContext).PublishAsync(Targets(body.Targets), RestRequests.Author(request, body.Author), body.Message ?? "", body.DryRun, cancellation));
    }

    private static async Task<Results<Created<PublishedBody>, Ok<PublishedBody>>> RollbackAsync(long number, ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RestJson.Default.RollbackBody, cancellation, whenEmpty: new());
        return Answer(await access.Releases(request.HttpContext).RollbackAsync(number, Targets(body.Targets), RestRequests.Author(request, body.Author), body.Message ?? "", body.DryRun, cancellation));
    }

    private static async Task<Ok<ReleaseList>> ListAsync(string? app, string? env, int? limit, long? before, ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var (page, more) = await access.Releases(request.HttpContext).ListAsync(app ?? "", env ?? "", limit ?? 0, before ?? 0, cancellation);
        return TypedResults.Ok(new ReleaseList(page.Select(static release => ReleaseBody.Of(release.Record, release.Revision)).ToList(), more));
    }

    private static async Task<Ok<ReleaseDetails>> GetAsync(long number, ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var (record, revision, changes) = await access.Releases(request.HttpContext).GetAsync(number, cancellation);
        return TypedResults.Ok(new ReleaseDetails(ReleaseBody.Of(record, revision), changes.Select(ChangeBody.Of).ToList()));
    }

    private static Results<Created<PublishedBody>, Ok<PublishedBody>> Answer(ReleaseOutcome outcome)
    {
        var body = PublishedBody.Of(outcome);
        return body.DryRun ? TypedResults.Ok(body) : TypedResults.Created($"/v1/releases/{body.Release}", body);
    }

    private static List<ReleaseTarget> Targets(IReadOnlyList<TargetBody>? targets) =>
        JsonBody.NotNull(targets, "targets").Select(static (target, index) => target.ToTarget($"targets[{index}]")).ToList();
}
