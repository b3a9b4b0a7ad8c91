using Concord.Node;

namespace Concord.Tests.Node;

public sealed class ClusterFoundingTests
{
    /// <summary>Sixteen digits: shorter ones are padded with blanks in tables of etcd's tools.</summary>
    [Fact]
    public void Numbers_have_all_their_digits()
    {
        for (var port = 0; port < 1000; port++)
        {
            var founding = new ClusterFounding([new("a", [$"http://127.0.0.1:{port}"])], "token");

            Assert.True(founding.ClusterId >> 60 > 0);
            Assert.True(ClusterFounding.IdOf([$"http://127.0.0.1:{port}"], "token").Value >> 60 > 0);
        }
    }

    [Fact]
    public void Every_founder_computes_the_same_whatever_the_order()
    {
        Founder[] founders = [new("a", ["http://a:2380"]), new("b", ["http://b:2380"]), new("c", ["http://c:2380"])];
        var one = new ClusterFounding(founders, "token");
        var other = new ClusterFounding([.. founders.Reverse()], "token");

        Assert.Equal(one.ClusterId, other.ClusterId);
        Assert.NotEqual(one.ClusterId, new ClusterFounding(founders, "another").ClusterId);
        Assert.Equal(one.Membership.Voters, other.Membership.Voters);
    }
}
