using Concord.Server.Cluster;
using Concord.Server.Demonstration;
using Concord.Server.Hosting;
using Concord.Server.Members;
using Concord.Server.Tls;
using Concord.Storage;

// Signals are the web host's: it stops taking calls first. The parser must not end the process under it.
return await ServerCommand.Create(RunAsync).Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = null });

static async Task<int> RunAsync(ServerOptions options, CancellationToken cancellation)
{
    using var logging = ServerLogging.Create(options);
    var log = new HostLog(logging.CreateLogger("Concord.Server"));
    foreach (var setting in options.WithoutEffect)
    {
        log.WithoutEffect(setting);
    }

    ConcordServer server;
    try
    {
        server = await ConcordServer.StartAsync(options, logging, cancellation);
    }
    catch (Exception error) when (Explain(error, options) is { } explanation)
    {
        await Console.Error.WriteLineAsync($"concord-server cannot start: {explanation.Text}");
        return explanation.ExitCode;
    }

    await using (server)
    {
        log.Serving(string.Join(' ', server.ClientUrls.Select(url => url.GetLeftPart(UriPartial.Authority))));
        if (options.Dev)
        {
            await DemonstrationApplication.SeedAsync(server.Services, cancellation);
            Console.WriteLine(ThingsToTry.For(server.ClientUrls[0], Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable("PWD")));
        }

        var exitCode = await server.WaitForStopAsync(cancellation);
        log.Stopping();
        return exitCode;
    }
}

// What an operator can do something about, in words; anything else is a bug and keeps its stack trace.
static (string Text, int ExitCode)? Explain(Exception error, ServerOptions options) => error switch
{
    StorageDamagedException or StorageMismatchException => (error.Message, ExitCode.Data),
    DiskInUseException => ($"--data-dir: {error.Message}", ExitCode.Data),
    FoundingException => (error.Message, ExitCode.Settings),
    System.Net.Sockets.SocketException => ($"--listen-peer-urls: {error.Message}. Stop the other program or choose another port.", ExitCode.Settings),
    GossipPortException => (error.Message, ExitCode.Settings),
    TlsFilesException => (error.Message, ExitCode.Settings),
    DiskException or StorageFailedException => ($"--data-dir '{options.DataDir}': {error.Message}", ExitCode.Data),
    IOException => ($"--listen-client-urls{(options.ListenMetricsUrls.Count > 0 ? " or --listen-metrics-urls" : "")}: {error.Message} Stop the other program or choose another port.", ExitCode.Settings),
    _ => null,
};
