namespace Concord.Tests.Cli;

/// <summary>A server for each test, and short ways to run a command line against it.</summary>
public abstract class CliTests : IAsyncLifetime
{
    private FakeConcord? _server;

    protected FakeConcord Server => _server ?? throw new InvalidOperationException("The server is not started yet.");

    public async ValueTask InitializeAsync() => _server = await FakeConcord.StartAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal Task<CliRun> RunAsync(params string[] args) => CliRun.Async(Server, args);

    internal Task<CliRun> RunOnTerminalAsync(params string[] args) => CliRun.OnTerminalAsync(Server, 80, colors: false, args);

    /// <summary>Compares what was printed; the golden text is written without its last line end.</summary>
    internal static void Printed(string golden, CliRun run)
    {
        Assert.Equal("", run.Error);
        Assert.Equal(golden + "\n", run.Out);
    }
}
