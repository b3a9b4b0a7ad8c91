using System.Net;
using System.Text;
using Concord.Client;
using Concord.Client.Members;
using Concord.Members.Keys;
using Concord.Server.Cluster;
using Concord.Server.Hosting;

namespace Concord.Tests.Members;

/// <summary>What operators ask of a server that gossips, and of one that does not.</summary>
public sealed class ServerGossipTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-gossip-");

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_server_shows_itself_and_tells_events()
    {
        await using var server = await ConcordServer.StartAsync(Options() with { Zone = "eu-1" }, cancellation: Patience);
        await using var client = Client(server);
        GossipMember self;
        do
        {
            // Where clients are served is told once it is known.
            self = Assert.Single((await client.Members.ListAsync(Patience)).Members);
        }
        while (self.ClientUrls.Count == 0);
        Assert.Equal(("default", GossipStatus.Alive, "server", "eu-1"), (self.Name, self.Status, self.Role, self.Zone));
        Assert.Equal(server.ClientUrls[0], new Uri(self.ClientUrls[0]));

        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var events = client.Members.WatchEventsAsync(["deploy"], begun.SetResult, Patience).GetAsyncEnumerator(Patience);
        var next = events.MoveNextAsync().AsTask();
        await begun.Task.WaitAsync(Patience);
        await client.Members.SendEventAsync("other", default, Patience);
        await client.Members.SendEventAsync("deploy", Encoding.UTF8.GetBytes("1.4.2"), Patience);
        Assert.True(await next);
        Assert.Equal(("deploy", "1.4.2", "default"), (events.Current.Name, Encoding.UTF8.GetString(events.Current.Payload.Span), events.Current.Origin));

        var tooLong = await Assert.ThrowsAsync<ConcordServerException>(() => client.Members.SendEventAsync("deploy", new byte[513], Patience));
        Assert.Equal("bad_event", tooLong.Code);
        var noKey = await Assert.ThrowsAsync<ConcordServerException>(() => client.Members.ListKeysAsync(Patience));
        Assert.Equal("keyring_refused", noKey.Code);
    }

    [Fact]
    public async Task Keys_are_exchanged_through_a_server()
    {
        var (old, fresh) = (GossipKey.Generate(), GossipKey.Generate());
        var file = new KeyringFile(Path.Combine(_folder.FullName, "keys"));
        file.Write(GossipKeys.Of([old]));
        await using var server = await ConcordServer.StartAsync(Options() with { GossipKeyFile = file.Path }, cancellation: Patience);
        await using var client = Client(server);
        Assert.True((await client.Members.ListAsync(Patience)).IsEncrypted);

        await client.Members.AddKeyAsync(Convert.FromBase64String(fresh.Text), Patience);
        await client.Members.UseKeyAsync(fresh.Fingerprint, Patience);
        var answer = Assert.Single(await client.Members.RemoveKeyAsync(old.Fingerprint, Patience));
        Assert.Equal(("", fresh.Fingerprint), (answer.Error, Assert.Single(answer.Fingerprints)));
        Assert.Equal(fresh.Fingerprint, Assert.Single(file.Read().All).Fingerprint);

        var inUse = await Assert.ThrowsAsync<ConcordServerException>(() => client.Members.RemoveKeyAsync(fresh.Fingerprint, Patience));
        Assert.Equal("keyring_refused", inUse.Code);
        await Assert.ThrowsAsync<ConcordServerException>(() => client.Members.AddKeyAsync(new byte[5], Patience));
    }

    [Fact]
    public async Task A_server_that_does_not_gossip_says_so()
    {
        await using var server = await ConcordServer.StartAsync(new ServerOptions { ListenClientUrls = [new("http://127.0.0.1:0")] }, cancellation: Patience);
        await using var client = Client(server);
        var refused = await Assert.ThrowsAsync<ConcordServerException>(() => client.Members.ListAsync(Patience));
        Assert.Equal("no_gossip", refused.Code);
        Assert.Contains("--gossip-listen", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gossip-listen", "host.example:1", "is no address to listen on")]
    [InlineData("gossip-listen", "0.0.0.0:7946", "--gossip-advertise: is missing")]
    [InlineData("gossip-key-file", "keys", "add --gossip-listen")]
    [InlineData("gossip-profile", "fast", "add --gossip-listen")]
    [InlineData("gossip-profile", "wan", "write lan or fast")]
    [InlineData("gossip-join", "a:99/x", "write HOST:PORT")]
    [InlineData("gossip-advertise", "0.0.0.0", "no address of one host")]
    [InlineData("zone", "a b", "cannot be used here")]
    public void Settings_that_cannot_work_name_the_remedy(string flag, string value, string said)
    {
        var (_, problems) = ServerOptionsReader.Read(new Dictionary<string, string> { [flag] = value }, static _ => null);
        Assert.Contains(said, Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_left_out_is_the_usual_one()
    {
        var (options, problems) = ServerOptionsReader.Read(new Dictionary<string, string> { ["gossip-listen"] = "localhost", ["gossip-join"] = "a,b:9" }, static _ => null);
        Assert.Empty(problems);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 7946), options.GossipListen);
        Assert.Equal(["a:7946", "b:9"], options.GossipJoin.Select(static seed => seed.ToString()));
    }

    private static ServerOptions Options() => new() { ListenClientUrls = [new("http://127.0.0.1:0")], GossipListen = new(IPAddress.Loopback, 0) };

    private static ConcordClient Client(ConcordServer server) => new(new ConcordClientOptions { Endpoints = [server.ClientUrls[0]] });
}
