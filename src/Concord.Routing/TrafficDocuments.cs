namespace Concord.Routing;

/// <summary>
/// Which configurations steer traffic, and the one way to read them: the server judges with it what is put and published, callers and gateways
/// read with it what they follow.
/// </summary>
public static class TrafficDocuments
{
    /// <summary>The application that holds <see cref="RouteRules"/>: a configuration for each service, named like it.</summary>
    public const string RoutingApplication = "routing";

    /// <summary>The configuration of <see cref="RoutingApplication"/> that is for all services, below their own.</summary>
    public const string AllServices = "application";

    /// <summary>The application that holds <see cref="Gateway.GatewayRoutes"/> unless a gateway is told otherwise.</summary>
    public const string GatewayApplication = "gateway";

    /// <summary>The part of a gateway's configuration that holds its routes.</summary>
    public const string RoutesSection = "routes";

    /// <summary>Whether the configurations of an application are judged by <see cref="FaultsOf"/>.</summary>
    public static bool IsJudged(string application) => application is RoutingApplication or GatewayApplication;

    /// <summary>What is wrong with a document of these applications.</summary>
    /// <param name="name">Of the configuration.</param>
    /// <param name="isLayer">It is one of several layers, so what is missing may be in another.</param>
    public static IReadOnlyList<DocumentFault> FaultsOf(string application, string name, DocumentNode root, bool isLayer)
    {
        ArgumentNullException.ThrowIfNull(root);
        var reader = new DocumentReader(isLayer);
        if (application == RoutingApplication)
            RouteRulesReader.Read(reader, root, isForAll: isLayer && name == AllServices);
        else if (application == GatewayApplication)
            Gateway.GatewayRoutesReader.Read(reader, root);
        return reader.Faults;
    }

    /// <summary>Reads the rules of a service from its view, whole.</summary>
    /// <returns>Rules that are good only if there are no faults.</returns>
    public static (RouteRules Rules, IReadOnlyList<DocumentFault> Faults) ReadRules(DocumentNode root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var reader = new DocumentReader(isLayer: false);
        return (RouteRulesReader.Read(reader, root, isForAll: false), reader.Faults);
    }

    /// <summary>Reads the routes of a gateway from its view, whole.</summary>
    /// <returns>Routes that are good only if there are no faults.</returns>
    public static (Gateway.GatewayRoutes Routes, IReadOnlyList<DocumentFault> Faults) ReadRoutes(DocumentNode root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var reader = new DocumentReader(isLayer: false);
        return (Gateway.GatewayRoutesReader.Read(reader, root), reader.Faults);
    }
}
