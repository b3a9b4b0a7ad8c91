using System.Net;
using System.Net.Sockets;
using System.Text;
using Concord.Checks;
using Concord.Server.Registry.Checks;
using Concord.Server.Registry.Model;
using Concord.Tests.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Registry;

public sealed class HealthCheckTests : IAsyncDisposable
{
    private static readonly IPNetwork Loopback = IPNetwork.Parse("127.0.0.0/8");

    private readonly RegistryCentre _centre = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _asked = [];
    private string _answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    private Task _serving = Task.CompletedTask;

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _centre.DisposeAsync();
    }

    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("0.0.0.0", false)]
    public void Only_public_addresses_are_checked_unless_their_network_is_named(string address, bool isPublic)
    {
        Assert.Equal(isPublic, new CheckTargets([], []).Allows(IPAddress.Parse(address)));
        Assert.True(new CheckTargets([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")], []).Allows(IPAddress.Parse(address)));
    }

    [Fact]
    public async Task A_check_of_a_private_address_is_critical_and_says_which_flag_allows_it()
    {
        Serve();
        using var probes = new HealthProbes(new CheckTargets([], []));
        foreach (var check in (CheckSpec[])[Spec(HealthCheckKind.Http, $"http://127.0.0.1:{Port}/"), Spec(HealthCheckKind.Tcp, $"localhost:{Port}"), Spec(HealthCheckKind.Grpc, $"http://127.0.0.1:{Port}")])
        {
            var result = await probes.RunAsync(check, default);
            Assert.Equal(CheckState.Critical, result.State);
            Assert.Contains("--check-private-targets", result.Reason, StringComparison.Ordinal);
        }

        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", CheckState.Passing, "")]
    [InlineData("HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", CheckState.Warning, "429")]
    [InlineData("HTTP/1.1 503 No\r\nContent-Length: 6\r\n\r\nsecret", CheckState.Critical, "HTTP 503")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n", CheckState.Critical, "--check-redirect-hosts")]
    [InlineData("secret\r\n\r\n", CheckState.Critical, "does not speak HTTP")]
    public async Task What_an_http_answer_means(string answer, object state, string reason)
    {
        _answer = answer;
        Serve();
        using var probes = new HealthProbes(new CheckTargets([Loopback], []));

        var result = await probes.RunAsync(Spec(HealthCheckKind.Http, $"http://127.0.0.1:{Port}/health"), default);

        Assert.Equal((CheckState)state, result.State);
        Assert.Contains(reason, result.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Reason, StringComparison.Ordinal);
        Assert.StartsWith("GET /health ", _asked[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_followed_to_hosts_that_are_named_and_not_for_ever()
    {
        _answer = $"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        Serve();
        using var probes = new HealthProbes(new CheckTargets([Loopback], ["127.0.0.1"]));

        var result = await probes.RunAsync(Spec(HealthCheckKind.Http, $"http://127.0.0.1:{Port}/"), default);

        Assert.Contains("more than 3 redirects", result.Reason, StringComparison.Ordinal);
        Assert.Equal(4, _asked.Count);
    }

    [Fact]
    public async Task No_answer_in_time_is_a_failure()
    {
        _listener.Start();
        using var probes = new HealthProbes(new CheckTargets([Loopback], []));

        var result = await probes.RunAsync(Spec(HealthCheckKind.Http, $"http://127.0.0.1:{Port}/") with { TimeoutMs = 100 }, default);

        Assert.Equal((CheckState.Critical, "no answer within 100 ms"), (result.State, result.Reason));
    }

    [Fact]
    public void States_change_only_after_several_in_a_row()
    {
        var count = new CheckCount(Spec(HealthCheckKind.Tcp, "a:1"));
        var state = InstanceState.Starting;
        var states = new List<InstanceState>();
        foreach (var found in "+-+--+---+-++~--~")
        {
            state = count.Next(state == InstanceState.Critical, found switch { '+' => CheckState.Passing, '~' => CheckState.Warning, _ => CheckState.Critical }) is { } next ? InstanceStates.Of(next) : state;
            states.Add(state);
        }

        // Three failures for critical, two successes for passing.
        Assert.Equal("PPPPPPPPCCCCPWWWW", string.Concat(states.Select(one => one.ToString()[0])));
    }

    [Fact]
    public void Each_instance_has_one_member_and_only_those_of_a_lost_one_move()
    {
        string[] three = ["a1", "b2", "c3"];
        string[] two = ["a1", "c3"];
        var before = Enumerable.Range(0, 3000).ToDictionary(n => n, n => CheckShare.Of("orders", $"i{n}", three)!);

        foreach (var group in before.Values.GroupBy(member => member))
        {
            Assert.InRange(group.Count(), 850, 1150);
        }

        Assert.All(before.Where(one => one.Value != "b2"), one => Assert.Equal(one.Value, CheckShare.Of("orders", $"i{one.Key}", two)));
        Assert.All(before.Where(one => one.Value == "b2"), one => Assert.Contains(CheckShare.Of("orders", $"i{one.Key}", two), two));
        Assert.Null(CheckShare.Of("orders", "i", []));
    }

    [Fact]
    public async Task The_servers_find_out_how_an_instance_does_and_write_only_what_is_new()
    {
        Serve();
        await _centre.StartHubAsync();
        using var probes = new HealthProbes(new CheckTargets([Loopback], []));
        using var runner = new CheckRunner(_centre.Store, _centre.Signals, new(), probes, _centre.Time, NullLogger<CheckRunner>.Instance);
        await runner.StartAsync(default);
        var check = Check(HealthCheckKind.Http, $"http://127.0.0.1:{Port}/");
        await _centre.Desk.RegisterAsync(RegistryCentre.Instance("web", "a", state: InstanceState.Starting, persistent: true, check: check), 0, 0, default);

        await UntilAsync(() => _centre.Find("web", "a")!.State == InstanceState.Passing);
        var (revision, asked) = (_centre.Find("web", "a")!.Revision, _asked.Count);
        await UntilAsync(() => _asked.Count >= asked + 3);
        Assert.Equal(revision, _centre.Find("web", "a")!.Revision);

        _answer = "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        await UntilAsync(() => _centre.Find("web", "a")!.State == InstanceState.Critical);
        Assert.Equal("HTTP 500", _centre.Find("web", "a")!.Reason);

        // Nothing is left to check, so the member does not say any more that it checks.
        await _centre.Desk.DeregisterAsync("web", "a", 0, default);
        await UntilAsync(() => runner.RunningCount == 0 && _centre.Store.State().Checkers().Count == 0);
        await runner.StopAsync(default);
    }

    private static HealthCheck Check(HealthCheckKind kind, string target) => HealthCheck.From(kind, target, "", "", 0, 1000, 5000, 2, 3, [], "check");

    private static CheckSpec Spec(HealthCheckKind kind, string target) => Check(kind, target).Spec!;

    private Task UntilAsync(Func<bool> condition) => Wait.UntilAsync(() =>
    {
        _centre.Time.Advance(TimeSpan.FromMilliseconds(200));
        return condition();
    }, "the check has found out");

    /// <summary>Answers each connection with the same text.</summary>
    private void Serve()
    {
        _listener.Start();
        _serving = Task.Run(async () =>
        {
            var buffer = new byte[4096];
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                try
                {
                    var stream = client.GetStream();
                    var read = await stream.ReadAsync(buffer);
                    _asked.Add(Encoding.ASCII.GetString(buffer, 0, read));
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(_answer));
                }
                catch (IOException)
                {
                    // The check has heard enough.
                }
            }
        });
    }
}
