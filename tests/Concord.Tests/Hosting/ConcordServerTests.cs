using System.Net;
using System.Net.Sockets;
using Concord.Mvcc;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Concord.Server.Replica;
using Concord.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Hosting;

public sealed class ConcordServerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("concord-test-").FullName;

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_protocols_are_served_in_clear_text_on_one_port(string version)
    {
        await using var server = await StartAsync();
        using var client = new HttpClient { BaseAddress = server.ClientUrls[0] };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/version") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await client.SendAsync(request, Patience);

        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Contains("\"etcdserver\":\"3.", await response.Content.ReadAsStringAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_bytes_may_come_one_by_one()
    {
        await using var server = await StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.ClientUrls[0].Port, Patience);
        socket.NoDelay = true;
        var stream = socket.GetStream();
        foreach (var one in "PRI * HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray())
        {
            await stream.WriteAsync(new[] { one }, Patience);
        }

        var answer = new byte[12];
        await stream.ReadExactlyAsync(answer, Patience);
        Assert.StartsWith("HTTP/1.1 4", System.Text.Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_and_goes_is_no_error()
    {
        await using var server = await StartAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, server.ClientUrls[0].Port, Patience);
        }

        using var client = new HttpClient { BaseAddress = server.ClientUrls[0] };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health", UriKind.Relative), Patience)).StatusCode);
    }

    [Fact]
    public async Task The_directory_is_one_servers_at_a_time_and_keeps_its_identity_whatever_the_flags_say()
    {
        ReplicaStatus status;
        await using (var server = await StartAsync())
        {
            status = server.Replica.Status;
            await Assert.ThrowsAsync<DiskInUseException>(() => StartAsync());
            await server.Replica.ProposeAsync(new WriteCommand(new PutOperation("a"u8.ToArray(), "1"u8.ToArray())), Patience);
        }

        await using var again = await StartAsync(token: "another");
        Assert.Equal((status.ClusterId, status.MemberId), (again.Replica.Status.ClusterId, again.Replica.Status.MemberId));
        Assert.NotNull(again.Replica.View.Get("a"u8));
    }

    [Fact]
    public async Task Without_a_directory_the_data_is_temporary()
    {
        string directory;
        await using (var server = await ConcordServer.StartAsync(
            new() { Dev = true, ListenClientUrls = [new("http://127.0.0.1:0")] }, NullLoggerFactory.Instance, Patience))
        {
            directory = server.DataDirectory;
            Assert.True(File.Exists(Path.Combine(directory, "member.json")));
        }

        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task Waiting_for_the_stop_tells_the_exit_code()
    {
        await using var server = await StartAsync();
        using var stop = new CancellationTokenSource();
        var exit = server.WaitForStopAsync(stop.Token);
        Assert.False(exit.IsCompleted);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Stopped, await exit);
    }

    private Task<ConcordServer> StartAsync(long quotaBytes = 1L << 30, string token = "test") => ConcordServer.StartAsync(
        new()
        {
            DataDir = _directory,
            ListenClientUrls = [new("http://127.0.0.1:0")],
            QuotaBackendBytes = quotaBytes,
            InitialClusterToken = token,
        },
        NullLoggerFactory.Instance,
        Patience);
}
