using Concord.Client;

namespace Concord.Tests.Client;

public sealed class ConcordEndpointsTests
{
    [Theory]
    [InlineData("localhost", "http://localhost:2379/")]
    [InlineData("db1:7000", "http://db1:7000/")]
    [InlineData("http://db1", "http://db1:2379/")]
    [InlineData("https://db1:443", "https://db1/")]
    [InlineData("https://db1", "https://db1:2379/")]
    [InlineData("http://[::1]", "http://[::1]:2379/")]
    [InlineData("http://[::1]:80", "http://[::1]/")]
    public void One_endpoint_gets_scheme_and_port_when_they_are_missing(string text, string expected) =>
        Assert.Equal(expected, Assert.Single(ConcordEndpoints.Parse(text)).AbsoluteUri);

    [Fact]
    public void With_certificates_an_endpoint_without_scheme_is_https() => Assert.Equal(
        ["https://db1:2379/", "http://db2:2379/"],
        ConcordEndpoints.Parse("db1,http://db2", isSecure: true).Select(endpoint => endpoint.AbsoluteUri));

    [Fact]
    public void Lists_keep_their_order_and_lose_repetitions() => Assert.Equal(
        ["http://a:1/", "http://b:2379/"],
        ConcordEndpoints.Parse("a:1, b; http://a:1").Select(endpoint => endpoint.AbsoluteUri));

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("ftp://a")]
    [InlineData("http://a/path")]
    [InlineData("http://user@a")]
    public void What_is_no_endpoint_is_refused_with_advice(string text)
    {
        var error = Assert.Throws<FormatException>(() => ConcordEndpoints.Parse(text));

        Assert.Matches("such as|write|leave", error.Message);
    }

    [Fact]
    public void Options_name_everything_that_cannot_work()
    {
        var options = new ConcordClientOptions
        {
            Endpoints = [],
            ConnectTimeout = TimeSpan.Zero,
            BackoffMin = TimeSpan.FromSeconds(5),
            BackoffMax = TimeSpan.FromSeconds(1),
            KeepAliveInterval = TimeSpan.FromSeconds(1),
        };

        var error = Assert.Throws<ArgumentException>(options.Validate);

        Assert.All(
            ["Endpoints", "ConnectTimeout", "BackoffMax", "BackoffMin", "KeepAliveInterval"],
            name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }
}
