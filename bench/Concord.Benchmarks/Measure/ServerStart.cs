using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Load;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Benchmarks.Measure;

/// <summary>Starts a server and measures the time from starting its process to its first answer to a linearizable read.</summary>
internal sealed class ServerStart(DnsEndPoint endpoint, string command, IReadOnlyList<string> arguments)
{
    private const int SignalTerminate = 15;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Between two attempts. Ten times as often, they took half a core from the server that they wait for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Starts the server, waits for its first answer, stops it again (SIGTERM) and waits for its end.</summary>
    public async Task<TimeSpan> RunAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var from = Stopwatch.GetTimestamp();
        using var server = Process.Start(start) ?? throw new InvalidOperationException($"'{command}' could not be started.");
        // Nobody reads what it prints, but it must not stop at a full pipe.
        server.OutputDataReceived += (_, _) => { };
        var said = new Queue<string>();
        server.ErrorDataReceived += (_, line) => Remember(said, line.Data);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        try
        {
            while (!await AnswersAsync(cancellation))
            {
                if (server.HasExited || Stopwatch.GetElapsedTime(from) > StartTimeout)
                {
                    throw new BadAnswerException($"'{command}' did not answer on {endpoint.Host}:{endpoint.Port}. It said:\n{string.Join('\n', said)}");
                }

                await Task.Delay(Pause, cancellation);
            }

            return Stopwatch.GetElapsedTime(from);
        }
        finally
        {
            await StopAsync(server);
        }
    }

    private static void Remember(Queue<string> said, string? line)
    {
        const int LinesMax = 20;
        if (line is not null)
        {
            said.Enqueue(line);
            while (said.Count > LinesMax)
            {
                said.Dequeue();
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Http2Connection.ConnectAsync(endpoint, isOneOfMany: true, cancellation);
            var call = new UnaryCall<RangeResponse>(connection, EtcdMethods.Range, RangeResponse.Parser);
            await call.CallAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("bench/first") });
            return true;
        }
        catch (Exception exception) when (exception is SocketException or GrpcException)
        {
            return false;
        }
    }

    private static async Task StopAsync(Process server)
    {
        if (!server.HasExited)
        {
            if (Kill(server.Id, SignalTerminate) != 0)
            {
                throw new Win32Exception();
            }

            using var timeout = new CancellationTokenSource(StopTimeout);
            await server.WaitForExitAsync(timeout.Token);
        }
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int processId, int signal);
}
