using System.Text.RegularExpressions;
using Concord.Protocol.Etcd;
using Grpc.Net.Client;

namespace Concord.IntegrationTests;

/// <summary>A concord-server process on a free port of the loopback address, with a channel to it.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private ServerProcess(TestProcess process, string address)
    {
        Process = process;
        Address = address;
        Channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        KV = new KV.KVClient(Channel);
    }

    public TestProcess Process { get; }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    public KV.KVClient KV { get; }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="port">The port of an earlier process to take over; 0 is any free one.</param>
    public static Task<ServerProcess> StartAsync(string dataDirectory, int port = 0, params string[] more) =>
        StartAsync(MemberSite.Loopback, dataDirectory, port, more);

    public static async Task<ServerProcess> StartAsync(MemberSite site, string dataDirectory, int port, params string[] more)
    {
        var process = Launch(site, dataDirectory, port, more);
        try
        {
            var line = await process.WaitForLineAsync(line => ListeningAddress().IsMatch(line));
            return new ServerProcess(process, ListeningAddress().Match(line).Groups["address"].Value);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that is expected not to get as far as listening.</summary>
    public static TestProcess Launch(string dataDirectory, int port = 0, params string[] more) =>
        Launch(MemberSite.Loopback, dataDirectory, port, more);

    public static TestProcess Launch(MemberSite site, string dataDirectory, int port, params string[] more)
    {
        string[] command = [.. site.Prefix, Built.Server, "--data-dir", dataDirectory, "--listen-client-urls", $"http://{site.Host}:{port}", .. more];
        return TestProcess.Start(command[0], command[1..]);
    }

    public int Port => new Uri(Address).Port;

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await Process.DisposeAsync();
    }

    [GeneratedRegex(@"[Cc]lients.*?(?<address>http://\d+\.\d+\.\d+\.\d+:[1-9]\d*)")]
    private static partial Regex ListeningAddress();
}
