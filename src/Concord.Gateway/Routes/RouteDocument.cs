using Concord.Routing;
using Concord.Routing.Gateway;
using Microsoft.Extensions.Options;

namespace Concord.Gateway.Routes;

/// <summary>The routes as options: so a release whose routes cannot be used is refused, the last good ones stay, and the server gets to know why.</summary>
internal sealed class RouteDocument
{
    public GatewayRoutes Routes { get; set; } = GatewayRoutes.None;

    public IReadOnlyList<DocumentFault> Faults { get; set; } = [];
}

internal sealed class RouteDocumentSetup(IConfiguration configuration) : IConfigureOptions<RouteDocument>
{
    public void Configure(RouteDocument options)
    {
        var settings = configuration.GetSection(TrafficDocuments.RoutesSection).AsEnumerable().Where(setting => setting.Value is not null);
        (options.Routes, options.Faults) = TrafficDocuments.ReadRoutes(DocumentNode.FromSettings(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value!))));
    }
}

internal sealed class RouteDocumentJudge : IValidateOptions<RouteDocument>
{
    public ValidateOptionsResult Validate(string? name, RouteDocument options) =>
        options.Faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(options.Faults.Select(fault => fault.ToString()));
}
