using System.Globalization;

namespace Concord.IntegrationTests.Faults;

/// <summary>
/// A network of its own for each member, joined by a bridge in one more namespace, which this process is connected to as well.
/// Cutting is one way and between two members, and silent: the sender is made to believe in an address of the link layer that
/// nobody has, so that packets leave and never arrive, in connections that exist as in new ones. Clients reach everybody all
/// the time.
/// </summary>
/// <remarks>
/// Needs root and iproute2, nothing else of the kernel than namespaces, veth and a bridge. All names carry this process's id;
/// what a killed run left behind goes when the next one begins.
/// </remarks>
internal sealed class NetworkNamespaces : IDisposable
{
    private const string Mark = "concordtest";

    private readonly string _name = $"{Mark}-{Environment.ProcessId}";
    private readonly string _subnet = $"198.18.{Environment.ProcessId % 256}"; // RFC 2544: set aside for tests of networks
    private readonly List<string> _made = [];
    private readonly int _count;

    private NetworkNamespaces(int count) => _count = count;

    /// <summary>Makes them, or says why that is not possible here.</summary>
    public static async Task<(NetworkNamespaces? Made, string? Reason)> TryMakeAsync(int count)
    {
        if (!OperatingSystem.IsLinux())
        {
            return (null, "network namespaces are Linux's");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return (null, "network namespaces need root");
        }

        var namespaces = new NetworkNamespaces(count);
        try
        {
            await RemoveLeftAsync();
            await namespaces.MakeAsync();
            return (namespaces, null);
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            namespaces.Dispose();
            return (null, $"network namespaces are not permitted or iproute2 is not installed: {error.Message}");
        }
    }

    public MemberSite Site(int member) => new(Address(member), ["ip", "netns", "exec", Member(member)]);

    /// <summary>Nothing that one sends arrives at the other; the other way is left as it is.</summary>
    public Task CutAsync(int from, int to) => ReachAsync(from, to, "02:00:00:00:00:fe");

    /// <summary>Nothing passes between the two sides.</summary>
    public async Task SplitAsync(params int[] side)
    {
        foreach (var a in side)
        {
            foreach (var b in Enumerable.Range(0, _count).Except(side))
            {
                await CutAsync(a, b);
                await CutAsync(b, a);
            }
        }
    }

    public async Task HealAsync()
    {
        for (var from = 0; from < _count; from++)
        {
            for (var to = 0; to < _count; to++)
            {
                if (from != to)
                {
                    await ReachAsync(from, to, LinkAddress(to));
                }
            }
        }
    }

    public void Dispose()
    {
        // With a namespace go its ends of the links, and with those the others.
        foreach (var made in _made)
        {
            IpAsync("netns", "delete", made).GetAwaiter().GetResult();
        }

        _made.Clear();
    }

    private string Switch => _name + "-s";

    private string Member(int member) => $"{_name}-{member}";

    private string Address(int member) => $"{_subnet}.{member + 1}";

    private static string LinkAddress(int member) => $"02:00:00:00:00:{member + 1:x2}";

    private async Task MakeAsync()
    {
        await AddAsync(Switch);
        await IpAsync("-n", Switch, "link", "add", "bridge", "type", "bridge");
        await IpAsync("-n", Switch, "link", "set", "bridge", "up");
        for (var member = 0; member < _count; member++)
        {
            var space = Member(member);
            await AddAsync(space);
            await IpAsync("-n", space, "link", "set", "lo", "up");
            await IpAsync("-n", space, "link", "add", "net", "address", LinkAddress(member), "type", "veth", "peer", "name", $"m{member}", "netns", Switch);
            await IpAsync("-n", Switch, "link", "set", $"m{member}", "master", "bridge", "up");
            await IpAsync("-n", space, "addr", "add", $"{Address(member)}/24", "dev", "net");
            await IpAsync("-n", space, "link", "set", "net", "up");
        }

        var here = string.Create(CultureInfo.InvariantCulture, $"ct{Environment.ProcessId}");
        await IpAsync("link", "add", here, "type", "veth", "peer", "name", "host", "netns", Switch);
        await IpAsync("-n", Switch, "link", "set", "host", "master", "bridge", "up");
        await IpAsync("addr", "add", $"{_subnet}.254/24", "dev", here);
        await IpAsync("link", "set", here, "up");
        await HealAsync();
    }

    private async Task AddAsync(string space)
    {
        await IpAsync("netns", "add", space);
        _made.Add(space);
    }

    private Task<string> ReachAsync(int from, int to, string linkAddress) =>
        IpAsync("-n", Member(from), "neigh", "replace", Address(to), "lladdr", linkAddress, "dev", "net", "nud", "permanent");

    private static async Task RemoveLeftAsync()
    {
        foreach (var name in (await IpAsync("netns", "list")).Split('\n').Select(line => line.Split(' ')[0]))
        {
            if (name.Split('-') is [Mark, var process, _] && !Directory.Exists($"/proc/{process}"))
            {
                await IpAsync("netns", "delete", name);
            }
        }
    }

    private static async Task<string> IpAsync(params string[] arguments)
    {
        var (exitCode, output) = await TestProcess.RunAsync("ip", arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {output.Trim()}");
    }
}
