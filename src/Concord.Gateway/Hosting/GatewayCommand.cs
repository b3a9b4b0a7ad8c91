using System.CommandLine;
using Concord.Client;
using Concord.Client.Configs;
using Concord.Routing;

namespace Concord.Gateway.Hosting;

/// <summary>The command line of <c>concord-gateway</c>.</summary>
internal static class GatewayCommand
{
    public static RootCommand Create(Func<GatewaySettings, CancellationToken, Task<int>> run)
    {
        var endpoints = new Option<string?>("--endpoints", "-e") { HelpName = "URLS", Description = "The servers' client addresses, separated by commas. Default: CONCORD_ENDPOINTS, then http://localhost:2379" };
        var listen = Urls("--listen-urls", "Where requests are taken. http:// speaks HTTP/1.1, https:// also HTTP/2", "http://localhost:8080");
        var listenHttp2 = Urls("--listen-http2-urls", "Where HTTP/2 without TLS is taken, as gRPC clients speak it in a closed network", "");
        var admin = Urls("--listen-admin-url", "Where /health, /livez, /readyz and /metrics are", "http://localhost:8081");
        var certificate = new Option<string?>("--cert-file") { HelpName = "FILE", Description = "The certificate for https://, PEM" };
        var key = new Option<string?>("--key-file") { HelpName = "FILE", Description = "Its key, PEM" };
        var application = Name("--application", "The application that holds the routes", TrafficDocuments.GatewayApplication);
        var environment = Name("--environment", "The environment of the routes, and of the routing of the services", "prod");
        var zone = Text("--zone", "NAME", "Where this gateway runs: 'own-zone' in a failover order");
        var region = Text("--region", "NAME", "'own-region' in a failover order");
        var labels = new Option<string[]>("--label") { HelpName = "NAME=VALUE", Description = "What is special about this gateway, for overlays; may be given several times", AllowMultipleArgumentsPerToken = false };
        labels.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) <= 0))
                result.AddError($"--label '{token.Value}': write NAME=VALUE.");
        });
        var register = Text("--register", "SERVICE", "Registers the gateway itself under this name");
        var cache = new Option<string?>("--cache-dir") { HelpName = "DIRECTORY", Description = "Where the last good routes and instances are kept, to start with when no server answers" };
        var level = new Option<LogLevel>("--log-level") { HelpName = "LEVEL", Description = "trace, debug, information, warning, error or critical", DefaultValueFactory = _ => LogLevel.Information };
        var root = new RootCommand("A gateway whose routes are configuration in Concord and whose backends are the instances in its registry. See docs/gateway.md.")
        {
            endpoints, listen, listenHttp2, admin, certificate, key, application, environment, zone, region, labels, register, cache, level,
        };
        root.Validators.Add(result =>
        {
            var isSecure = (result.GetValue(listen) ?? []).Concat(result.GetValue(admin) ?? []).Any(url => url.Scheme == "https");
            if (isSecure != result.GetValue(certificate) is not null || isSecure != result.GetValue(key) is not null)
                result.AddError(isSecure ? "https:// needs --cert-file and --key-file." : "--cert-file and --key-file are for https:// addresses, and there is none.");
            if (result.GetValue(endpoints) is { } text && FaultOf(text) is { } fault)
                result.AddError($"--endpoints: {fault}");
        });
        root.SetAction((parsed, stop) => run(
            new()
            {
                Endpoints = parsed.GetValue(endpoints) is { } text ? ConcordEndpoints.Parse(text) : [],
                ListenUrls = parsed.GetValue(listen) ?? [],
                ListenHttp2Urls = parsed.GetValue(listenHttp2) ?? [],
                AdminUrl = parsed.GetValue(admin)![0],
                CertificateFile = parsed.GetValue(certificate),
                KeyFile = parsed.GetValue(key),
                Application = parsed.GetValue(application)!,
                Environment = parsed.GetValue(environment)!,
                Zone = parsed.GetValue(zone) ?? "",
                Region = parsed.GetValue(region) ?? "",
                Labels = (parsed.GetValue(labels) ?? []).Select(label => label.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal),
                Register = parsed.GetValue(register) ?? "",
                CacheDirectory = parsed.GetValue(cache),
                LogLevel = parsed.GetValue(level),
            },
            stop));
        return root;
    }

    private static Option<Uri[]> Urls(string name, string description, string otherwise) => new(name)
    {
        HelpName = "URLS",
        Description = description,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => otherwise.Length > 0 ? [new Uri(otherwise)] : [],
        CustomParser = result =>
        {
            var urls = new List<Uri>();
            foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
            {
                if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/")
                    urls.Add(url);
                else
                    result.AddError($"{name} '{text}': write http://HOST:PORT or https://HOST:PORT.");
            }

            return [.. urls];
        },
    };

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    private static Option<string> Name(string name, string description, string otherwise)
    {
        var option = new Option<string>(name) { HelpName = "NAME", Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ConfigurationView.IsName(token.Value))
                result.AddError($"{name} '{token.Value}': use lower-case letters, digits, '.', '_' and '-'.");
        });
        return option;
    }

    private static string? FaultOf(string endpoints)
    {
        try
        {
            ConcordEndpoints.Parse(endpoints);
            return null;
        }
        catch (FormatException error)
        {
            return error.Message;
        }
    }
}
