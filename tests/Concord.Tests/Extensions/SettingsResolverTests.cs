using Concord.Extensions;
using Concord.Extensions.Following;
using Microsoft.Extensions.Configuration;

namespace Concord.Tests.Extensions;

public sealed class SettingsResolverTests
{
    [Theory]
    [InlineData("Orders", "orders")]
    [InlineData("Shop.Orders.Api", "shop-orders-api")]
    [InlineData("_Orders!", "orders")]
    [InlineData("orders_v2", "orders_v2")]
    public void The_application_is_the_hosts_name_in_the_servers_form(string host, string expected) =>
        Assert.Equal(expected, ServerNames.Application(host));

    [Theory]
    [InlineData("Development", "dev")]
    [InlineData("production", "prod")]
    [InlineData("Staging", "staging")]
    [InlineData("QA.2", "qa-2")]
    public void The_environment_is_the_hosts_by_its_usual_short_name(string host, string expected) =>
        Assert.Equal(expected, ServerNames.Environment(host));

    [Fact]
    public void Without_any_word_the_host_decides()
    {
        var settings = SettingsResolver.Resolve(new(), Configuration(), "Shop.Orders", "Development");

        Assert.Equal("shop-orders/dev", settings.View.ToString());
        Assert.False(settings.Optional);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.StartupBudget);
        Assert.NotNull(settings.CacheDirectory);
    }

    [Fact]
    public void Credentials_come_with_the_connection_string_or_the_section()
    {
        var connected = SettingsResolver.Resolve(new(), Configuration(("ConnectionStrings:concord", "http://a:1,http://b:2;User=orders;Password=s3 cret,=")), "a", "b");
        Assert.Equal(["http://a:1/", "http://b:2/"], connected.Endpoints.Select(endpoint => endpoint.ToString()));
        Assert.Equal(("orders", "s3 cret,="), (connected.Credentials!.User, connected.Credentials.Password));

        var section = SettingsResolver.Resolve(new(), Configuration(("Concord:User", "orders"), ("Concord:Password", "x")), "a", "b");
        Assert.Equal("orders", section.Credentials!.User);
        var code = SettingsResolver.Resolve(new() { Credentials = new("own", "y") }, Configuration(("Concord:User", "orders:x")), "a", "b");
        Assert.Equal("own", code.Credentials!.User);
        var error = Assert.Throws<ArgumentException>(() => SettingsResolver.Resolve(new(), Configuration(("Concord:User", "orders")), "a", "b"));
        Assert.Contains("has no password", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_section_fills_what_code_left_open()
    {
        var configuration = Configuration(
            ("Concord:Endpoints:0", "http://a:1"), ("Concord:Endpoints:1", "http://b:2"),
            ("Concord:Application", "billing"), ("Concord:Environment", "qa"),
            ("Concord:Names:0", "application"), ("Concord:Names:1", "secrets"),
            ("Concord:Labels:zone", "eu"), ("Concord:Labels:tier", "gold"),
            ("Concord:Optional", "true"), ("Concord:StartupBudget", "00:00:03"),
            ("Concord:TrimKeyPrefix", "app"), ("Concord:KeyPrefix", "Remote"), ("Concord:Cache:Enabled", "false"));
        var options = new ConcordConfigurationOptions { Environment = "prod" };
        options.Labels["zone"] = "us";

        var settings = SettingsResolver.Resolve(options, configuration, "Shop.Orders", "Development");

        Assert.Equal("http://a:1, http://b:2", settings.EndpointNames);
        Assert.Equal(("billing", "prod"), (settings.View.Application, settings.View.Environment));
        Assert.Equal(["application", "secrets"], settings.View.Names);
        Assert.Equal(("us", "gold"), (settings.View.Labels["zone"], settings.View.Labels["tier"]));
        Assert.Equal((true, TimeSpan.FromSeconds(3), (string?)null), (settings.Optional, settings.StartupBudget, settings.CacheDirectory));
        Assert.Equal(new KeyMapping("app", "Remote"), settings.Mapping);
    }

    [Fact]
    public void Certificates_come_from_the_section_and_make_endpoints_without_a_scheme_https()
    {
        var configuration = Configuration(
            ("Concord:Endpoints:0", "db1"), ("Concord:Tls:CaFile", "/ca"), ("Concord:Tls:CertificateFile", "/crt"),
            ("Concord:Tls:KeyFile", "/key"), ("Concord:Tls:SkipVerification", "false"));
        var options = new ConcordConfigurationOptions { Tls = new() { CaFile = "/other" } };

        var settings = SettingsResolver.Resolve(options, configuration, "a", "b");

        Assert.Equal(new() { CaFile = "/other", CertificateFile = "/crt", KeyFile = "/key" }, settings.Tls);
        Assert.Equal("https://db1:2379", settings.EndpointNames);
    }

    [Fact]
    public void The_connection_string_goes_before_the_section_and_code_before_both()
    {
        var configuration = Configuration(("ConnectionStrings:concord", "http://c:3"), ("Concord:Endpoints", "http://a:1,http://b:2"));
        var options = new ConcordConfigurationOptions();
        Assert.Equal("http://c:3", SettingsResolver.Resolve(options, configuration, "a", "b").EndpointNames);

        options.Endpoints.Add("d:4");
        Assert.Equal("http://d:4", SettingsResolver.Resolve(options, configuration, "a", "b").EndpointNames);
    }

    [Fact]
    public void Everything_wrong_is_named_at_once_with_what_to_do()
    {
        var options = new ConcordConfigurationOptions { Application = "My App", StartupBudget = TimeSpan.Zero };
        options.Endpoints.Add("ftp://x");
        options.Names.Add("UPPER");

        var error = Assert.Throws<ArgumentException>(
            () => SettingsResolver.Resolve(options, Configuration(("Concord:Optional", "maybe")), "a", "b"));

        Assert.All(
            ["Application 'My App'", "StartupBudget", "ftp://x", "Names 'UPPER'", "Concord:Optional is 'maybe'", "lower-case"],
            part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_host_name_with_nothing_usable_in_it_asks_for_an_explicit_one()
    {
        var error = Assert.Throws<ArgumentException>(() => SettingsResolver.Resolve(new(), Configuration(), "***", "b"));

        Assert.Contains("Application ''", error.Message, StringComparison.Ordinal);
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build();
}
