using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Scalar.AspNetCore;

namespace Concord.Server.Configs.Rest;

/// <summary>The REST face: routes, their description at /openapi/v1.json and a page to try them at /docs.</summary>
internal static class ConfigsRest
{
    private const string Prefix = "/v1";

    public static IServiceCollection AddConfigsRest(this IServiceCollection services)
    {
        services.AddProblemDetails();
        services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(static json =>
        {
            // Numbers are numbers, also in the description.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default);
        });
        services.AddOpenApi("v1", RestDescription.Configure);
        return services;
    }

    public static void MapConfigsRest(this WebApplication app)
    {
        app.UseWhen(static http => http.Request.Path.StartsWithSegments(Prefix), static rest => rest.UseRestFailures());
        var v1 = app.MapGroup(Prefix).AddEndpointFilter(RestErrors.Filter).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/apps", ListAsync).WithName("ListApplications").WithTags("Configurations")
            .WithSummary("All applications with their environments");
        var scope = v1.MapGroup("/apps/{app}/{env}");
        EffectiveEndpoints.Map(scope);
        ConfigurationEndpoints.Map(scope);
        ReleaseEndpoints.MapDiff(scope);
        ReleaseEndpoints.Map(v1.MapGroup("/releases"));
        app.MapOpenApi();
        MapPage(app);
    }

    /// <summary>Everything on the page comes from this server: it works where there is no internet, and asks nobody there.</summary>
    private static void MapPage(WebApplication app) => app.MapScalarApiReference("/docs", static page => page
        .WithTitle("Concord API")
        .DisableDefaultFonts()
        .DisableTelemetry()
        .DisableAgent()
        .DisableMcp()
        .HideClientButton()
        .HideDeveloperTools()
        .WithDefaultHttpClient(ScalarTarget.Shell, ScalarClient.Curl));

    private static async Task<Ok<ApplicationList>> ListAsync(ConfigAccess access, HttpContext http) =>
        TypedResults.Ok(new ApplicationList(await access.Views(http).ApplicationsAsync(http.RequestAborted)));
}
