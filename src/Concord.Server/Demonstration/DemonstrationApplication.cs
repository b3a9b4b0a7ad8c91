using Concord.Server.Configs;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;

namespace Concord.Server.Demonstration;

/// <summary>
/// What `--dev` puts into an empty server: the application "orders" of the sample service, with every kind of layer once
/// (an imported shared configuration, defaults, two environments, an overlay), published as the first release.
/// </summary>
internal static class DemonstrationApplication
{
    private const string Author = "concord-server --dev";

    private static readonly (ConfigPath Path, ConfigDocument Document)[] Documents =
    [
        (At("platform", ConfigNames.DefaultEnvironment), new(ConfigFormat.Yaml, """
            # Shared by every application that imports it.
            Mail:
              Host: mail.example.test
              From: shop@example.test
            Support:
              Contact: ${Mail:From}

            """)),
        (At("orders", ConfigNames.DefaultEnvironment, ConfigNames.ImportsName), new(ConfigFormat.Yaml, """
            - platform

            """)),
        (At("orders", ConfigNames.DefaultEnvironment), new(ConfigFormat.Yaml, """
            # The defaults of the application, for every environment.
            Pricing:
              Currency: EUR
              Discount: 0.05
            Features:
              FreeShipping: false

            """)),
        (At("orders", "dev"), new(ConfigFormat.Properties, """
            # A larger discount, to see it at once.
            Pricing.Discount = 0.10

            """)),
        (At("orders", "prod"), new(ConfigFormat.Json, """
            {
              // Read once by the sample when it starts, then live.
              "Pricing": { "Discount": 0.02 }
            }

            """)),
        (At("orders", "dev") with { Selector = Labels.Parse("zone=north", "selector") }, new(ConfigFormat.Properties, """
            # Only for instances that carry the label zone=north.
            Features.FreeShipping = true

            """)),
    ];

    /// <summary>Publishes the demonstration, unless there is an application "orders" already.</summary>
    public static async Task SeedAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var store = services.GetRequiredService<ConfigStore>();
        var state = await store.ReadAsync(cancellation);

        // Where access is checked somebody has made the server theirs.
        if (state.Store.Auth.IsEnabled || state.AllHeads("orders").Any() || state.Drafts("orders").Any())
        {
            return;
        }

        var drafts = new ConfigDrafts(store, services.GetRequiredService<TimeProvider>());
        foreach (var (path, document) in Documents)
        {
            await drafts.PutAsync(path, document, Author, cancellation);
        }

        var targets = Documents
            .Select(item => (item.Path.Application, item.Path.Environment))
            .Distinct()
            .Select(target => ReleaseTarget.From(target.Application, target.Environment, "", [], expectedRelease: null))
            .ToList();
        await new ConfigReleases(store, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<ConfigReleases>>()).PublishAsync(targets, Author, "The demonstration", dryRun: false, cancellation);
    }

    private static ConfigPath At(string application, string environment, string name = ConfigNames.DefaultName) =>
        new(application, environment, name, Labels.Empty);
}
