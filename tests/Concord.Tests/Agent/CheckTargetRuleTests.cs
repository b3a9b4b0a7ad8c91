using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Concord.Agent;
using Concord.Agent.Checks;
using Concord.Checks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Agent;

/// <summary>Where the checks of an agent may go, and for whom.</summary>
public sealed class CheckTargetRuleTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-agent-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_host_is_loopback_and_what_its_interfaces_have()
    {
        var own = new OwnAddresses(TimeProvider.System);
        Assert.All(["127.0.0.1", "127.9.8.7", "::1"], address => Assert.True(own.Contains(IPAddress.Parse(address))));
        Assert.All(["192.0.2.1", "10.255.255.254", "169.254.169.254", "0.0.0.0", "fd00:1:2:3::4"], address => Assert.False(own.Contains(IPAddress.Parse(address))));
        Assert.All(
            NetworkInterface.GetAllNetworkInterfaces().SelectMany(static one => one.GetIPProperties().UnicastAddresses), one => Assert.True(own.Contains(one.Address)));
    }

    [Fact]
    public async Task The_own_host_may_be_reached_and_other_private_networks_only_if_they_are_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var check = new CheckSpec(CheckKind.Tcp, listener.LocalEndpoint.ToString()!, "", 1000, 5000, 2, 3);
        using (var probes = new HealthProbes(new([], [], "remedy", new OwnAddresses(TimeProvider.System).Contains)))
        {
            Assert.Equal(ProbeResult.Passing, await probes.RunAsync(check, default));
            Assert.EndsWith("remedy", (await probes.RunAsync(check with { Target = "10.255.255.254:80" }, default)).Reason, StringComparison.Ordinal);
        }

        using (var probes = new HealthProbes(new([], [], "remedy")))
        {
            Assert.EndsWith("remedy", (await probes.RunAsync(check, default)).Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_was_registered_through_the_agent_is_known_after_a_restart_by_its_generation()
    {
        var seen = Seen();
        Assert.False(seen.Contains("web", "a", 7));
        seen.Note("Web", "a", 7);
        seen.Note("web", "b", 8);
        seen.Note("web", "b", 9);

        seen = Seen();
        Assert.True(seen.Contains("web", "a", 7) && seen.Contains("web", "b", 9));
        Assert.False(seen.Contains("web", "a", 8) || seen.Contains("web", "b", 8) || seen.Contains("web", "A", 7));

        File.WriteAllText(Path.Combine(_folder.FullName, "registrations.json"), "[{\"service\":");
        Assert.False(Seen().Contains("web", "a", 7));
    }

    [Theory]
    [InlineData("--check-private-targets", "10.0.0.0/40", "is no network")]
    [InlineData("--check-redirect-hosts", "http://a/", "is no host")]
    public async Task Settings_that_cannot_work_name_the_remedy(string option, string value, string said)
    {
        var output = new StringWriter();
        var command = AgentCommand.Create(static (_, _) => throw new InvalidOperationException("It started."));
        Assert.Equal(1, await command.Parse(["--name", "a", option, value]).InvokeAsync(new() { Error = output }));
        Assert.Contains(option, output.ToString(), StringComparison.Ordinal);
        Assert.Contains(said, output.ToString(), StringComparison.Ordinal);
    }

    private SeenRegistrations Seen() => new(
        new AgentOptions { Name = "a", Endpoints = [], Listen = new(IPAddress.Loopback, 0), GossipListen = new(IPAddress.Loopback, 0), DataDir = _folder.FullName },
        new AgentLog(NullLogger.Instance));
}
