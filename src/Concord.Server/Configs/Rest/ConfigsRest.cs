using Scalar.AspNetCore;

namespace Concord.Server.Configs.Rest;

/// <summary>The REST face: routes, their description at /openapi/v1.json and a page to try them at /docs.</summary>
internal static class ConfigsRest
{
    public static IServiceCollection AddConfigsRest(this IServiceCollection services)
    {
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default));
        services.AddOpenApi("v1", static openApi => openApi.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info.Title = "Concord";
            document.Info.Description = "Configurations as services see them, as they are written, and their releases. Errors are problem details with code, field and remedy.";
            return Task.CompletedTask;
        }));
        return services;
    }

    public static void MapConfigsRest(this WebApplication app)
    {
        var v1 = app.MapGroup("/v1").AddEndpointFilter(RestErrors.Filter).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/apps", ListAsync).WithName("ListApplications").WithTags("Configurations")
            .WithSummary("All applications with their environments");
        var scope = v1.MapGroup("/apps/{app}/{env}");
        EffectiveEndpoints.Map(scope);
        ConfigurationEndpoints.Map(scope);
        ReleaseEndpoints.MapDiff(scope);
        ReleaseEndpoints.Map(v1.MapGroup("/releases"));
        app.MapOpenApi();
        app.MapScalarApiReference("/docs", static page => page.WithTitle("Concord API").DisableDefaultFonts());
    }

    private static async Task<Microsoft.AspNetCore.Http.HttpResults.Ok<ApplicationList>> ListAsync(ConfigViews views, CancellationToken cancellation) =>
        TypedResults.Ok(new ApplicationList(await views.ApplicationsAsync(cancellation)));
}
