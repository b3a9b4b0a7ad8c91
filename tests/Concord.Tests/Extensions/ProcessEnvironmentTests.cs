using Concord.Extensions;
using Concord.Extensions.Following;
using Concord.Tests.Client;
using Microsoft.Extensions.Configuration;

namespace Concord.Tests.Extensions;

/// <summary>Environment variables belong to the whole process: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(ProcessEnvironmentTests), DisableParallelization = true)]
[Collection(nameof(ProcessEnvironmentTests))]
public sealed class ProcessEnvironmentTests
{
    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    public void The_switch_leaves_the_source_empty_and_connects_to_nothing(string value)
    {
        using var test = new TestHost();
        With(ConcordConfigurationOptions.DisabledVariable, value, () =>
        {
            using var manager = test.Manager(TestClients.Dead());

            Assert.Empty(manager.AsEnumerable());
        });
    }

    [Fact]
    public void Endpoints_of_the_environment_go_before_the_connection_string_and_after_code()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("ConnectionStrings:concord", "http://c:3")]).Build();
        With("CONCORD_ENDPOINTS", "e:5,f:6", () =>
        {
            var options = new ConcordConfigurationOptions();
            Assert.Equal("http://e:5, http://f:6", SettingsResolver.Resolve(options, configuration, "a", "b").EndpointNames);

            options.Endpoints.Add("d:4");
            Assert.Equal("http://d:4", SettingsResolver.Resolve(options, configuration, "a", "b").EndpointNames);
        });
    }

    [Fact]
    public void Certificates_of_the_environment_go_before_the_section_and_after_code()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Concord:Tls:CaFile", "/section")]).Build();
        With("CONCORD_CACERT", "/environment", () =>
        {
            var options = new ConcordConfigurationOptions();
            Assert.Equal("/environment", SettingsResolver.Resolve(options, configuration, "a", "b").Tls.CaFile);

            options.Tls = new() { CaFile = "/code" };
            Assert.Equal("/code", SettingsResolver.Resolve(options, configuration, "a", "b").Tls.CaFile);
        });
    }

    private static void With(string variable, string value, Action action)
    {
        var before = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, value);
        try
        {
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, before);
        }
    }
}
