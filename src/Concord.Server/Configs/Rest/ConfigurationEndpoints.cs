using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Concord.Server.Configs.Rest;

/// <summary>Configurations as they are written, and their drafts.</summary>
internal static class ConfigurationEndpoints
{
    public static void Map(RouteGroupBuilder app)
    {
        app.MapGet("/configurations", ListAsync).WithName("ListConfigurations").WithTags("Configurations")
            .WithSummary("The configurations of an application in an environment, with their overlays");
        app.MapGet("/configurations/{name}", GetAsync).WithName("GetConfiguration").WithTags("Configurations")
            .WithSummary("One configuration as written: what is published (or was after a release), and the draft");
        app.MapDelete("/configurations/{name}", RemoveAsync).WithName("RemoveConfiguration").WithTags("Drafts").ProducesWriteProblems()
            .WithSummary("Makes a draft that removes the configuration when it is published");
        app.MapPut("/configurations/{name}/draft", PutAsync).WithName("PutDraft").WithTags("Drafts").ProducesWriteProblems()
            .WithSummary("Replaces the draft's document by the body as it is")
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
            .WithDescription($"The format is ?format= ({ConfigFormats.Words}) or the content type.")
            .Accepts<string>("application/json", "application/yaml", "text/x-java-properties", "application/toml", "application/xml", "text/plain", RestDescription.AnyType);
        app.MapPatch("/configurations/{name}/draft", EditAsync).WithName("EditDraft").WithTags("Drafts").ProducesWriteProblems()
            .WithSummary("Sets and removes single keys; comments and order stay")
            .Accepts<DraftEdit>("application/json", RestDescription.AnyType);
        app.MapDelete("/configurations/{name}/draft", DiscardAsync).WithName("DiscardDraft").WithTags("Drafts").ProducesWriteProblems()
            .WithSummary("Drops the draft");
    }

    private static async Task<Ok<ConfigurationList>> ListAsync(string app, string env, ConfigAccess access, HttpContext http, CancellationToken cancellation)
    {
        var entries = await access.Views(http).ConfigurationsAsync(ConfigNames.Application(app, "app"), ConfigNames.Environment(env, "env"), cancellation);
        return TypedResults.Ok(new ConfigurationList(entries.Select(ConfigurationListItem.Of).ToList()));
    }

    private static async Task<Ok<ConfigurationBody>> GetAsync(string app, string env, string name, string? selector, long? release, ConfigAccess access, HttpContext http, CancellationToken cancellation)
    {
        var path = RestRequests.Path(app, env, name, selector);
        var (number, document, draft) = await access.Views(http).ConfigurationAsync(path, release ?? 0, cancellation);
        return TypedResults.Ok(new ConfigurationBody(ConfigurationName.Of(path), number, DocumentBody.Of(document), draft is null ? null : DraftBody.Of(draft)));
    }

    private static async Task<Ok<DraftBody>> RemoveAsync(string app, string env, string name, string? selector, ConfigAccess access, HttpRequest request, CancellationToken cancellation) =>
        TypedResults.Ok(DraftBody.Of(await access.Drafts(request.HttpContext).PutAsync(RestRequests.Path(app, env, name, selector), null, RestRequests.Author(request), cancellation)));

    private static async Task<Ok<DraftBody>> PutAsync(string app, string env, string name, string? selector, string? format, ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var path = RestRequests.Path(app, env, name, selector);
        var document = await RestRequests.DocumentAsync(request, format, cancellation);
        return TypedResults.Ok(DraftBody.Of(await access.Drafts(request.HttpContext).PutAsync(path, document, RestRequests.Author(request), cancellation)));
    }

    private static async Task<Ok<DraftBody>> EditAsync(string app, string env, string name, string? selector, ConfigAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var path = RestRequests.Path(app, env, name, selector);
        var edit = await RestRequests.JsonAsync(request, RestJson.Default.DraftEdit, cancellation);
        ConfigFormat? format = edit.Format is { Length: > 0 } word ? ConfigFormats.Parse(word, "format") : null;
        return TypedResults.Ok(DraftBody.Of(await access.Drafts(request.HttpContext).EditAsync(path, [.. JsonBody.NotNull(edit.Set, "set")], JsonBody.NotNull(edit.Remove, "remove"), format, RestRequests.Author(request, edit.Author), cancellation)));
    }

    private static async Task<Ok<DiscardBody>> DiscardAsync(string app, string env, string name, string? selector, ConfigAccess access, HttpRequest request, CancellationToken cancellation) =>
        TypedResults.Ok(new DiscardBody(await access.Drafts(request.HttpContext).DiscardAsync(RestRequests.Path(app, env, name, selector), cancellation)));
}
