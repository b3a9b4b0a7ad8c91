using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;

namespace Concord.IntegrationTests;

/// <summary>A real etcd of one member on loopback, and its command-line tool.</summary>
internal sealed class EtcdProcess : IAsyncDisposable
{
    private const int StartAttempts = 5;

    private readonly TestProcess _process;

    private EtcdProcess(TestProcess process, string url)
    {
        _process = process;
        Url = url;
        Channel = GrpcChannel.ForAddress(url);
    }

    public string Url { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Why etcd's programs cannot be used here; null if they can.</summary>
    public static string? Missing
    {
        get
        {
            var missing = new[] { "etcd", "etcdctl" }.Where(program => !IsInstalled(program)).ToArray();
            return missing.Length == 0 ? null : $"{string.Join(" and ", missing)} not found on the path; on Debian: apt-get install etcd-server etcd-client";
        }
    }

    public static async Task<EtcdProcess> StartAsync(string dataDirectory, params string[] more)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (client, peer) = (FreeUrl(), FreeUrl());
            var process = TestProcess.Start("etcd",
            [
                "--name", "e1", "--data-dir", dataDirectory,
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"e1={peer}", .. more,
            ]);
            try
            {
                await process.WaitForLineAsync(line => line.Contains("ready to serve client requests", StringComparison.Ordinal));
                return new(process, client);
            }
            catch (InvalidOperationException clash) when (attempt < StartAttempts && clash.Message.Contains("address already in use", StringComparison.Ordinal))
            {
                await process.DisposeAsync();
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Runs etcdctl, or etcdutl for what only that can in newer versions, and expects success.</summary>
    public static async Task<string> ControlAsync(params string[] arguments)
    {
        var program = arguments[..2] is ["snapshot", "status" or "restore"] && IsInstalled("etcdutl") ? "etcdutl" : "etcdctl";
        var (exitCode, output) = await TestProcess.RunAsync(program, arguments, new Dictionary<string, string> { ["ETCDCTL_API"] = "3" });
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
        return output;
    }

    public Task StopAsync() => _process.TerminateAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _process.DisposeAsync();
    }

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string FreeUrl()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
    }
}
