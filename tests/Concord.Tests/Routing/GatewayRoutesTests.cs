using Concord.Routing;
using Concord.Routing.Gateway;

namespace Concord.Tests.Routing;

/// <summary>A gateway's routes as they are written, and what is wrong with them.</summary>
public sealed class GatewayRoutesTests
{
    [Fact]
    public void Routes_are_read_with_all_their_fields()
    {
        var (routes, faults) = Read(
            "Logging:LogLevel:Default=Debug",
            "routes:shop:service=Shop", "routes:shop:match:path=/shop/{**rest}", "routes:shop:match:hosts=shop.example.com,*.example.org", "routes:shop:match:methods=get,POST",
            "routes:shop:match:headers:x-tenant=blue", "routes:shop:match:headers:x-any=*", "routes:shop:order=-1", "routes:shop:endpoint=public", "routes:shop:protocol=grpc",
            "routes:shop:stripPrefix=/shop/", "routes:shop:addPrefix=/api", "routes:shop:setHeaders:x-from=gateway", "routes:shop:setHeaders:cookie=", "routes:shop:timeout=500ms",
            "routes:shop:retries:attempts=3", "routes:shop:retries:budgetPercent=50", "routes:shop:rateLimit:requests=100", "routes:shop:balancing=weighted");

        Assert.Empty(faults);
        var route = Assert.Single(routes.Routes);
        Assert.Equal(("shop", "shop", -1, "public", GatewayProtocol.Grpc), (route.Name, route.Service, route.Order, route.Endpoint, route.Protocol));
        Assert.Equal(("/shop/{**rest}", "GET POST", "shop.example.com *.example.org"), (route.Match.Path, string.Join(' ', route.Match.Methods), string.Join(' ', route.Match.Hosts)));
        Assert.Equal(["*"], route.Match.Headers["X-Any"]);
        Assert.Equal(("/shop", "/api", "gateway", ""), (route.StripPrefix, route.AddPrefix, route.SetHeaders["x-from"], route.SetHeaders["cookie"]));
        Assert.Equal((TimeSpan.FromMilliseconds(500), 3, 50), (route.Timeout, route.Retries.Attempts, route.Retries.BudgetPercent));
        Assert.Equal(new GatewayRateLimit(100, TimeSpan.FromSeconds(1)), route.RateLimit);
        Assert.Equal("weighted", route.Balancing);
    }

    [Theory]
    [InlineData("routes:a", "routes:a:match:path=/a")]
    [InlineData("routes:a:match", "routes:a:service=a")]
    [InlineData("routes:a:service", "routes:a:match:path=/a", "routes:a:service=a b")]
    [InlineData("routes:a:match:path", "routes:a:service=a", "routes:a:match:path=a")]
    [InlineData("routes:a:match:path", "routes:a:service=a", "routes:a:match:path=/a/{**rest}/b")]
    [InlineData("routes:a:match:path", "routes:a:service=a", "routes:a:match:path=/{id}/{id}")]
    [InlineData("routes:a:match:path", "routes:a:service=a", "routes:a:match:path=/a/*")]
    [InlineData("routes:a:match:path", "routes:a:service=a", "routes:a:match:path=/a{b}")]
    [InlineData("routes:a:match:methods", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:match:methods=FETCH")]
    [InlineData("routes:a:match:hosts", "routes:a:service=a", "routes:a:match:hosts=http://a")]
    [InlineData("routes:a:timeout", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:timeout=30")]
    [InlineData("routes:a:retries:attempts", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:retries:attempts=99")]
    [InlineData("routes:a:stripPrefix", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:stripPrefix=a")]
    [InlineData("routes:a:balancing", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:balancing=best")]
    [InlineData("routes:a:protocol", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:protocol=http3")]
    [InlineData("routes:a:time-out", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:time-out=3s")]
    [InlineData("routes:a:rateLimit", "routes:a:service=a", "routes:a:match:path=/a", "routes:a:rateLimit:per=1s")]
    [InlineData("routes:b", "routes:a:service=a", "routes:a:match:path=/a", "routes:b:service=b", "routes:b:match:path=/A")]
    [InlineData("routes:b", "routes:a:service=a", "routes:a:match:path=/a/{id}", "routes:b:service=b", "routes:b:match:path=/a/{name}")]
    public void A_fault_names_its_field_and_the_remedy(string field, params string[] settings)
    {
        var fault = Assert.Single(Read(settings).Faults);

        Assert.Equal(field, fault.Field);
        Assert.NotEmpty(fault.Remedy);
    }

    [Fact]
    public void The_ways_to_choose_are_the_clients_policies() => Assert.Equal(Concord.Client.Balancing.BalancingPolicies.Names, GatewayBalancing.All);

    [Fact]
    public void A_route_that_an_upper_layer_emptied_is_gone() =>
        Assert.Equal("b", Assert.Single(Read("routes:a:service=", "routes:a:match:path=", "routes:b:service=b", "routes:b:match:path=/b").Routes.Routes).Name);

    private static (GatewayRoutes Routes, IReadOnlyList<DocumentFault> Faults) Read(params string[] settings) => TrafficDocuments.ReadRoutes(RouteRulesTests.Document(settings));
}
