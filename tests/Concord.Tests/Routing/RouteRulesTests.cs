using Concord.Routing;

namespace Concord.Tests.Routing;

/// <summary>Rules as they are written, and what is wrong with them.</summary>
public sealed class RouteRulesTests
{
    [Fact]
    public void Rules_are_read_with_all_their_fields()
    {
        var (rules, faults) = Read(
            "split:0:version=1.5.*", "split:0:percent=2.5", "split:0:labels:track=canary", "split:1:percent=97.5", "splitBy=header:x-user",
            "failover:0=own-zone", "failover:1=zone:eu-2", "failover:2=any", "failoverBelow=50", "maintenance:eu-3=new switches", "maintenance:eu-4=");

        Assert.Empty(faults);
        Assert.Equal([("1.5.*", 250), ("rest", 9_750)], rules.Split.Select(share => (share.Name, share.BasisPoints)));
        Assert.Equal("canary", rules.Split[0].Labels["track"]);
        Assert.Equal((new SplitKey(SplitKeyKind.Header, "x-user"), 50), (rules.SplitBy, rules.FailoverBelow));
        Assert.Equal("own-zone, zone:eu-2, any", string.Join(", ", rules.Failover));
        // An upper layer has taken eu-4 out of maintenance by emptying it.
        Assert.Equal("eu-3", Assert.Single(rules.Maintenance).Key);
    }

    [Fact]
    public void A_list_fits_on_one_line() =>
        Assert.Equal("own-zone, own-region", string.Join(", ", Read("failover=own-zone, own-region").Rules.Failover));

    [Theory]
    [InlineData("split:0:percent", "split:0:percent=120")]
    [InlineData("split:0:percent", "split:0:percent=1.234")]
    [InlineData("split:0:percent", "split:0:percent=-1")]
    [InlineData("split", "split:0:version=1", "split:0:percent=90", "split:1:percent=9")]
    [InlineData("split:0", "split:0:version=1")]
    [InlineData("split:0:weight", "split:0:weight=3", "split:0:percent=100")]
    [InlineData("split:1", "split:0:percent=50", "split:1:version=2", "split:1:percent=50")]
    [InlineData("split:1", "split:0:version=1", "split:0:percent=50", "split:1:version=1", "split:1:percent=50")]
    [InlineData("split:0", "split:0:version=1.*.2", "split:0:percent=100")]
    [InlineData("split", "split=90")]
    [InlineData("split:stable", "split:stable:percent=100")]
    [InlineData("splitBy", "splitBy=header")]
    [InlineData("splitBy", "splitBy=random:x")]
    [InlineData("splitBy", "splitBy=colour")]
    [InlineData("failover:0", "failover:0=nearest")]
    [InlineData("failover:1", "failover:0=own-zone", "failover:1=own-zone")]
    [InlineData("failover:1", "failover:0=any", "failover:1=own-zone")]
    [InlineData("failoverBelow", "failoverBelow=0")]
    [InlineData("maintenance", "maintenance=eu-1")]
    [InlineData("fail-over", "fail-over=any")]
    public void A_fault_names_its_field_and_the_remedy(string field, params string[] settings)
    {
        var fault = Assert.Single(Read(settings).Faults);

        Assert.Equal(field, fault.Field);
        Assert.Contains(field.Split(':')[0], fault.Message, StringComparison.Ordinal);
        Assert.NotEmpty(fault.Remedy);
    }

    [Fact]
    public void A_layer_may_leave_out_what_another_one_has_but_not_misspell()
    {
        Assert.Empty(Layer("shop", "split:0:version=1", "split:0:percent=${share}"));
        Assert.Equal("split:0:precent", Assert.Single(Layer("shop", "split:0:version=1", "split:0:precent=1")).Field);
    }

    [Fact]
    public void Rules_for_all_services_have_no_split()
    {
        Assert.Empty(Layer(TrafficDocuments.AllServices, "failover=own-zone,any", "maintenance:eu-1=moving"));
        Assert.Equal("split", Assert.Single(Layer(TrafficDocuments.AllServices, "split:0:percent=100")).Field);
    }

    private static (RouteRules Rules, IReadOnlyList<DocumentFault> Faults) Read(params string[] settings) => TrafficDocuments.ReadRules(Document(settings));

    private static IReadOnlyList<DocumentFault> Layer(string name, params string[] settings) =>
        TrafficDocuments.FaultsOf(TrafficDocuments.RoutingApplication, name, Document(settings), isLayer: true);

    internal static DocumentNode Document(params string[] settings) =>
        DocumentNode.FromSettings(settings.Select(setting => KeyValuePair.Create(setting[..setting.IndexOf('=', StringComparison.Ordinal)], setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..])));
}
