using Concord.Client;
using Concord.Gateway;
using Concord.Gateway.Hosting;

// Signals are the web host's: it drains and stops taking requests first. The parser must not end the process under it.
return await GatewayCommand.Create(RunAsync).Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = null });

static async Task<int> RunAsync(GatewaySettings settings, CancellationToken cancellation)
{
    try
    {
        await using var app = GatewayHost.Build(settings);
        await app.StartAsync(cancellation);
        var addresses = GatewayHost.AddressesOf(app).Select(address => address.GetLeftPart(UriPartial.Authority)).ToList();
        GatewayLog.Serving(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Concord.Gateway"), string.Join(' ', addresses.SkipLast(1)), addresses[^1]);
        await app.WaitForShutdownAsync(cancellation);
        return 0;
    }
    catch (Exception error) when (error is ArgumentException or ConcordException or System.Security.Cryptography.CryptographicException)
    {
        await Console.Error.WriteLineAsync($"concord-gateway cannot start: {error.Message}");
        return 2;
    }
    catch (IOException error)
    {
        await Console.Error.WriteLineAsync($"concord-gateway cannot start: --listen-urls, --listen-http2-urls, --listen-admin-url, --cert-file or --key-file: {error.Message} Stop the other program, or choose another port or file.");
        return 2;
    }
}
