using Concord.Client;
using Concord.Tests.Cli;

namespace Concord.Tests.Client.Kv;

/// <summary>A client and the server it talks to, for each test.</summary>
public abstract class KvFixture : IAsyncLifetime
{
    private FakeConcord? _server;
    private ConcordClient? _client;

    protected FakeConcord Server => _server ?? throw new InvalidOperationException("The server is not started yet.");

    protected ConcordClient Client => _client ?? throw new InvalidOperationException("The client is not made yet.");

    public async ValueTask InitializeAsync()
    {
        _server = await FakeConcord.StartAsync();
        _client = new ConcordClient(new ConcordClientOptions
        {
            Endpoints = ConcordEndpoints.Parse(_server.Endpoint),
            BackoffMin = TimeSpan.FromMilliseconds(1),
            BackoffMax = TimeSpan.FromMilliseconds(5),
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
