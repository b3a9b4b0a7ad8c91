using System.Text.RegularExpressions;

namespace Concord.IntegrationTests;

/// <summary>The agent of a host as a real process.</summary>
internal sealed partial class AgentProcess : IAsyncDisposable
{
    private AgentProcess(TestProcess process, string address) => (Process, Address) = (process, address);

    public TestProcess Process { get; }

    public string Address { get; }

    public static async Task<AgentProcess> StartAsync(string dataDirectory, string name, IEnumerable<string> servers)
    {
        var process = TestProcess.Start(Built.Agent,
        [
            "--name", name, "--endpoints", string.Join(',', servers), "--listen", "127.0.0.1:0", "--gossip-listen", "127.0.0.1:0", "--data-dir", dataDirectory,
        ]);
        var line = await process.WaitForLineAsync(static line => Serving().IsMatch(line));
        return new(process, Serving().Match(line).Groups["address"].Value);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    [GeneratedRegex(@"CONCORD_ENDPOINTS=(?<address>http://[0-9.:]+)")]
    private static partial Regex Serving();
}
