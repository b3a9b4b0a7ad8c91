namespace Concord.Routing.Gateway;

/// <summary>Reads and judges the routes of a gateway; what else stands in its configuration is not looked at.</summary>
internal static class GatewayRoutesReader
{
    /// <summary>Matching is by a tree, so the bound is what people can keep apart and one push can carry.</summary>
    private const int RoutesMax = 1000;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];

    public static GatewayRoutes Read(DocumentReader reader, DocumentNode root)
    {
        if (!root.TryGet(TrafficDocuments.RoutesSection, out var section))
            return GatewayRoutes.None;
        if (reader.TextOf(section) is not null)
            reader.Fault(section, "'routes' holds routes, not a value.", "Write each route under its name: 'routes:NAME:service'.");
        if (section.Children.Count > RoutesMax)
            reader.Fault(section, $"There are {section.Children.Count} routes.", $"At most {RoutesMax} are allowed; match more with one pattern, or run another gateway.");
        // A route that an upper layer blanked is gone.
        var routes = section.Children.Where(route => !route.IsEmpty).Select(route => Route(reader, route)).ToList();
        foreach (var same in routes.GroupBy(Requests).Where(group => group.Count() > 1))
        {
            var (first, second) = (same.First(), same.Skip(1).First());
            reader.FaultOfWhole(NodeOf(section, second.Name), $"The routes '{first.Name}' and '{second.Name}' match the same requests.", "Change the match of one of them, or give them different values of 'order'.");
        }

        return new(routes);
    }

    private static GatewayRoute Route(DocumentReader reader, DocumentNode node)
    {
        if (node.Name.Length > 63 || !node.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            reader.Fault(node, $"'{node.Name}' cannot name a route.", "Use at most 63 letters, digits, '.', '_' and '-'.");
        reader.Only(node, "service", "match", "order", "endpoint", "protocol", "stripPrefix", "addPrefix", "setHeaders", "timeout", "retries", "rateLimit", "balancing");
        var retries = Child(node, "retries");
        reader.Only(retries, "attempts", "budgetPercent");
        return new()
        {
            Name = node.Name,
            Service = Service(reader, node),
            Match = Match(reader, node),
            Order = reader.Number(node, "order", -1_000_000, 1_000_000),
            Endpoint = reader.Text(node, "endpoint") ?? "",
            Protocol = Word(reader, node, "protocol", ["http", "grpc"], "http") == "grpc" ? GatewayProtocol.Grpc : GatewayProtocol.Http,
            StripPrefix = Prefix(reader, node, "stripPrefix"),
            AddPrefix = Prefix(reader, node, "addPrefix"),
            SetHeaders = Child(node, "setHeaders").Children.ToDictionary(header => header.Name, header => header.Value ?? "", StringComparer.OrdinalIgnoreCase),
            Timeout = reader.Time(node, "timeout", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(24)),
            Retries = new()
            {
                Attempts = reader.Number(retries, "attempts", 0, 10) ?? new GatewayRetries().Attempts,
                BudgetPercent = reader.Number(retries, "budgetPercent", 0, 100) ?? new GatewayRetries().BudgetPercent,
            },
            RateLimit = RateLimit(reader, node),
            Balancing = Word(reader, node, "balancing", GatewayBalancing.All, GatewayBalancing.LeastRequests),
        };
    }

    private static string Service(DocumentReader reader, DocumentNode node)
    {
        var service = reader.Text(node, "service");
        if (service is null)
        {
            if (!node.TryGet("service", out var empty) || empty.IsEmpty)
                reader.FaultOfWhole(node, $"The route '{node.Name}' has no 'service'.", "Name the service in the registry that answers.");
            return "";
        }

        if (service.Length > 63 || !char.IsAsciiLetterOrDigit(service[0]) || !service.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            reader.Fault(NodeOf(node, "service"), $"'{node.Path}:service' is '{service}'.", "Use letters a-z, digits, '.', '_' and '-', beginning with a letter or a digit.");
        return service.ToLowerInvariant();
    }

    private static GatewayMatch Match(DocumentReader reader, DocumentNode route)
    {
        var node = Child(route, "match");
        reader.Only(node, "hosts", "path", "methods", "headers");
        var path = reader.Text(node, "path") ?? "";
        if (path.Length > 0)
            PathPattern.Check(reader, NodeOf(node, "path"), path);
        var hosts = reader.Texts(node, "hosts");
        foreach (var (host, place) in hosts)
        {
            if (host.Contains('/', StringComparison.Ordinal) || host.Contains("xn--", StringComparison.OrdinalIgnoreCase) || host.LastIndexOf('*') > 0)
                reader.Fault(place, $"'{place.Path}' is '{host}'.", "Write a host such as shop.example.com, *.example.com or localhost:8080; letters outside of ASCII as they are.");
        }

        var methods = reader.Texts(node, "methods");
        foreach (var (method, place) in methods.Where(one => !Methods.Contains(one.Text, StringComparer.OrdinalIgnoreCase)))
            reader.Fault(place, $"'{place.Path}' is '{method}'.", $"Write some of {string.Join(", ", Methods)}.");
        var headers = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in Child(node, "headers").Children)
            headers[header.Name] = [.. reader.Texts(Child(node, "headers"), header.Name).Select(one => one.Text)];
        foreach (var (name, values) in headers.Where(header => header.Value.Count == 0).ToList())
        {
            reader.FaultOfWhole(NodeOf(node, "headers"), $"The header '{name}' of '{node.Path}' has no value.", "Write the value that it must have, or '*' for any.");
            headers.Remove(name);
        }

        if (path.Length == 0 && hosts.Count == 0)
            reader.FaultOfWhole(node, $"The route '{route.Name}' matches neither a host nor a path.", "Write 'match:path', such as /shop/{**rest}, or 'match:hosts'.");
        return new() { Hosts = [.. hosts.Select(one => one.Text)], Path = path, Methods = [.. methods.Select(one => one.Text.ToUpperInvariant())], Headers = headers };
    }

    private static GatewayRateLimit? RateLimit(DocumentReader reader, DocumentNode route)
    {
        var node = Child(route, "rateLimit");
        reader.Only(node, "requests", "per");
        if (node.IsEmpty)
            return null;
        var requests = reader.Number(node, "requests", 1, 10_000_000);
        var per = reader.Time(node, "per", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)) ?? TimeSpan.FromSeconds(1);
        if (requests is null && !node.TryGet("requests", out _))
            reader.FaultOfWhole(node, $"'{node.Path}' has no 'requests'.", "Say how many requests are let through in the time 'per' (1s unless given).");
        return requests is { } count ? new(count, per) : null;
    }

    private static string Prefix(DocumentReader reader, DocumentNode route, string name)
    {
        var prefix = reader.Text(route, name) ?? "";
        if (prefix.Length > 0 && (prefix[0] != '/' || prefix.Contains('?', StringComparison.Ordinal) || prefix.Contains('{', StringComparison.Ordinal)))
            reader.Fault(NodeOf(route, name), $"'{route.Path}:{name}' is '{prefix}'.", "Write the beginning of a path, such as /shop.");
        return prefix.TrimEnd('/');
    }

    private static string Word(DocumentReader reader, DocumentNode node, string name, IReadOnlyList<string> words, string otherwise)
    {
        if (reader.Text(node, name) is not { } text)
            return otherwise;
        if (words.Contains(text))
            return text;
        reader.Fault(NodeOf(node, name), $"'{node.Path}:{name}' is '{text}'.", $"Write {string.Join(" or ", words)}.");
        return otherwise;
    }

    private static string Requests(GatewayRoute route) => string.Join(
        '\n',
        [
            $"{route.Order}", PathPattern.ShapeOf(route.Match.Path), string.Join(',', route.Match.Hosts.Order(StringComparer.OrdinalIgnoreCase)).ToLowerInvariant(),
            string.Join(',', route.Match.Methods.Order(StringComparer.Ordinal)),
            .. route.Match.Headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase).Select(header => $"{header.Key.ToLowerInvariant()}={string.Join(',', header.Value)}"),
        ]);

    private static DocumentNode Child(DocumentNode node, string name) =>
        node.TryGet(name, out var child) ? child : new DocumentNode(name, $"{node.Path}:{name}", line: node.Line, column: node.Column);

    private static DocumentNode NodeOf(DocumentNode parent, string name) => Child(parent, name);
}
