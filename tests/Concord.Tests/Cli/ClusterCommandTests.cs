using System.Text.Json;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Tests.Cli;

public sealed class ClusterCommandTests : CliTests
{
    [Fact]
    public async Task Members_are_listed_with_their_roles()
    {
        Server.Administration.Members.Add(new() { Id = 0xb0, PeerUrls = { "http://10.0.0.4:2380" }, IsLearner = true, BecomesVoter = true, Replaces = 0xa2 });

        Printed(
            """
            ID  NAME  ROLE            PEERS REACH IT AT     CLIENTS REACH IT AT
            a1  n1    leader          http://10.0.0.1:2380  http://10.0.0.1:2379
            a2  n2    voter           http://10.0.0.2:2380  http://10.0.0.2:2379
            a3  n3    voter           http://10.0.0.3:2380  http://10.0.0.3:2379
            b0  -     joining for a2  http://10.0.0.4:2380  -
            A member without a name has not been started yet.
            """,
            await RunAsync("cluster", "members"));
        var json = JsonDocument.Parse((await RunAsync("cluster", "members", "-o", "json")).Out).RootElement;
        Assert.Equal("c1", json.GetProperty("clusterId").GetString());
        Assert.Equal(["voter", "voter", "voter", "joining"], json.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task Adding_prints_the_command_line_that_starts_the_member()
    {
        var run = await RunAsync("cluster", "add", "n4=http://db-4.example.org:2380");

        Assert.Equal(["http://db-4.example.org:2380"], Server.Administration.Asked!.Add.Single().PeerUrls);
        Printed(
            """
            + n4  b0  added; it gets its vote when it has caught up
              start it on its host (adapt the client addresses and the data directory if you must):
                concord-server --name n4 --data-dir n4.concord --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://db-4.example.org:2379 --listen-peer-urls http://0.0.0.0:2380 --initial-advertise-peer-urls http://db-4.example.org:2380 --initial-cluster n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380,n4=http://db-4.example.org:2380 --initial-cluster-state existing
            """,
            run);
    }

    [Fact]
    public async Task Replacing_names_the_member_that_leaves()
    {
        var run = await RunAsync("cluster", "replace", "n2", "n4=http://10.0.0.4:2380", "-o", "json");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(0xa2UL, Server.Administration.Asked!.Add.Single().Replaces);
        Assert.Empty(Server.Administration.Asked.Remove);
        var added = JsonDocument.Parse(run.Out).RootElement.GetProperty("added")[0];
        Assert.Equal(("b0", "n4", "a2"), (added.GetProperty("id").GetString(), added.GetProperty("name").GetString(), added.GetProperty("replaces").GetString()));
        Assert.StartsWith("concord-server --name n4 ", added.GetProperty("start").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resizing_makes_one_change_of_all_and_checks_the_number()
    {
        var wrong = await RunAsync("cluster", "resize", "5", "--add", "n4=http://10.0.0.4:2380");
        Assert.Equal((2, "error: 3 voters, 1 added and 0 removed make 4, not 5.\n  remedy: Name 1 more with --add.\n"), (wrong.ExitCode, wrong.Error));
        Assert.Null(Server.Administration.Asked);

        var run = await RunAsync("cluster", "resize", "3", "--add", "n4=http://10.0.0.4:2380", "--remove", "a3");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(([0xa3UL], 1), (Server.Administration.Asked!.Remove, Server.Administration.Asked.Add.Count));
        Assert.StartsWith("- n3  a3  removed; ", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "cluster", "remove", "n9")]
    [InlineData(2, "cluster", "add", "http://10.0.0.4:2380")]
    [InlineData(2, "cluster", "add", "n4=10.0.0.4")]
    [InlineData(2, "cluster", "add", "n4=http://10.0.0.4")]
    [InlineData(2, "cluster", "resize", "0")]
    public async Task What_cannot_be_meant_is_refused_with_its_exit_code(int exitCode, params string[] args)
    {
        var run = await RunAsync(args);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Null(Server.Administration.Asked);
    }

    [Fact]
    public async Task A_name_that_two_members_have_does_not_choose_one_of_them()
    {
        Server.Administration.Members[2].Name = "n2";

        var run = await RunAsync("cluster", "remove", "n2");

        Assert.Equal((2, "error: 2 members have the name 'n2'.\n  remedy: Name it by its id: a2 or a3\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task A_learner_is_promoted_and_leadership_goes_to_the_leaders_own_address()
    {
        Server.Administration.Members[0].ClientUrls[0] = Server.Endpoint;

        Printed("n3 has a vote now", await RunAsync("cluster", "promote", "n3"));
        Printed("n2 leads now", await RunAsync("cluster", "transfer-leader", "n2"));

        Assert.Equal((0xa3UL, 0xa2UL), (Server.Cluster.Promoted, Server.Maintenance.MovedTo));
    }

    [Fact]
    public async Task The_status_asks_every_member_and_says_how_many_may_fail()
    {
        Server.Administration.Members[0].ClientUrls[0] = Server.Endpoint;
        Server.Administration.Members[1].ClientUrls[0] = "http://127.0.0.1:1";
        Server.Administration.Members[2].ClientUrls.Clear();

        var run = await RunAsync("cluster", "status");

        Assert.Equal(5, run.ExitCode);
        var lines = run.Out.Split('\n');
        Assert.Matches($@"^n1 +healthy +leader +{Server.Endpoint} +42 +0 +7 +3 MiB$", lines[1]);
        Assert.Matches(@"^n2 +unreachable +voter +http://127.0.0.1:1( +-){4}$", lines[2]);
        Assert.Matches(@"^n3 +new +voter( +-){5}$", lines[3]);
        Assert.Contains("1 of 3 voters are healthy, 2 are needed: nothing can be written\n", run.Out, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await RunAsync("cluster", "status", "-o", "json")).Out).RootElement;
        Assert.Equal((3, 1, 2, -1), (
            json.GetProperty("voters").GetInt32(), json.GetProperty("healthyVoters").GetInt32(),
            json.GetProperty("majority").GetInt32(), json.GetProperty("moreMayFail").GetInt32()));
    }

    [Fact]
    public async Task Without_a_leader_the_status_still_asks_the_members_that_somebody_knows()
    {
        Server.Administration.Refusal = FakeConcord.Refusal(StatusCode.Unavailable, new ErrorDetail { Code = "unavailable", Message = "no leader" });

        var run = await RunAsync("cluster", "status");

        Assert.Equal(5, run.ExitCode);
        Assert.Matches(@"\none +new +voter ", run.Out);
        Assert.Matches(@"\ntwo +new +voter ", run.Out);
    }
}
