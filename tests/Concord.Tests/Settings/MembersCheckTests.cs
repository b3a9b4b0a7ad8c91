using Concord.Server.Cluster;

namespace Concord.Tests.Settings;

public sealed class MembersCheckTests
{
    private const string Three = "n1=http://h1:2380,n2=http://h2:2380,n3=http://h3:2380";

    [Fact]
    public void Three_members_are_three_settings_that_fit()
    {
        var (options, problems) = Read($"name=n2 initial-cluster={Three} listen-peer-urls=http://0.0.0.0:2380");

        Assert.Empty(problems);
        Assert.Equal("http://h2:2380/", Assert.Single(options.InitialAdvertisePeerUrls).ToString());
        Assert.True(options.HasPeerPort);
    }

    [Fact]
    public void A_member_that_is_alone_opens_the_peer_port_only_when_told_to()
    {
        Assert.False(Read("name=n1").Options.HasPeerPort);
        Assert.True(Read("name=n1 listen-peer-urls=http://127.0.0.1:2380").Options.HasPeerPort);
    }

    [Theory]
    [InlineData($"name=n4 initial-cluster={Three}", "--initial-cluster", "lists 'n1', 'n2', 'n3' but --name is 'n4'")]
    [InlineData($"name=n1 initial-cluster={Three} initial-advertise-peer-urls=http://h9:2380", "--initial-cluster", "but --initial-advertise-peer-urls says http://h9:2380")]
    [InlineData("name=n1 initial-cluster=n1=http://h:2380,n2=http://h:2380", "--initial-cluster", "to 'n1' and 'n2'; each member has its own")]
    [InlineData("name=n1 initial-cluster-state=existing", "--initial-cluster", "list the members of the cluster to join")]
    [InlineData("name=n1 initial-cluster=n1=https://h1:2380,n2=https://h2:2380 listen-peer-urls=https://0.0.0.0:2380", "--peer-cert-file", "set certificate and key, or write http")]
    [InlineData("name=n1 peer-trusted-ca-file=/dev/null", "--peer-cert-file", "have a meaning with a certificate of this server only")]
    [InlineData("name=n1 peer-key-file=/dev/null", "--peer-cert-file", "is the key of a certificate")]
    [InlineData("name=n1 peer-cert-file=/nowhere.pem peer-key-file=/dev/null initial-advertise-peer-urls=https://h:2380", "--peer-cert-file", "'/nowhere.pem' does not exist")]
    [InlineData("name=n1 peer-cert-file=/dev/null peer-key-file=/dev/null", "--peer-cert-file", "http://localhost:2380 is not https")]
    [InlineData("name=n1 peer-cert-file=/dev/null peer-key-file=/dev/null peer-client-cert-auth=true initial-advertise-peer-urls=https://h:2380", "--peer-trusted-ca-file", "is missing")]
    public void What_does_not_fit_together_is_refused_with_the_remedy(string settings, string where, string what)
    {
        var problem = Assert.Single(Read(settings).Problems);

        Assert.Equal(where, problem.Where);
        Assert.Contains(what, problem.What, StringComparison.Ordinal);
    }

    private static (ServerOptions Options, IReadOnlyList<OptionProblem> Problems) Read(string settings)
    {
        var flags = settings.Split(' ').Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return ServerOptionsReader.Read(flags, _ => null);
    }
}
