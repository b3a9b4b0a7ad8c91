using Concord.Client;
using Concord.Server.Cluster;

namespace Concord.Tests.Tls;

public sealed class ClientTlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_client_trusts_its_authority_and_shows_its_certificate_with_the_intermediate_ones()
    {
        using var middle = new TestAuthority("middle", _authority);
        await using var server = await StartAsync();
        var issued = middle.Issue("ada");
        await using var client = Client(server, new() { CaFile = _authority.File, CertificateFile = issued.File, KeyFile = issued.KeyFile });

        await client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience);
        Assert.Equal("1", (await client.Kv.GetAsync("a", cancellationToken: TlsServer.Patience))?.Value.ToString());
    }

    [Fact]
    public async Task Without_a_certificate_that_is_demanded_the_server_is_unavailable()
    {
        await using var server = await StartAsync();
        await using var client = Client(server, new() { CaFile = _authority.File });

        var error = await Assert.ThrowsAsync<ConcordUnavailableException>(() => client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience));
        Assert.Contains("certificate", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused_unless_nothing_is_checked()
    {
        using var other = new TestAuthority("other");
        await using var server = await TlsServer.StartAsync(Options());
        await using var wary = Client(server, new() { CaFile = other.File });
        await using var plain = Client(server, new());
        await using var careless = Client(server, new() { SkipVerification = true });

        foreach (var client in new[] { wary, plain })
        {
            var error = await Assert.ThrowsAsync<ConcordUnavailableException>(() => client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience));
            Assert.Contains("certificate", error.Message, StringComparison.Ordinal);
        }

        await careless.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience);
    }

    [Fact]
    public async Task Replaced_files_are_used_for_the_next_connection_and_a_broken_one_is_named()
    {
        using var other = new TestAuthority("other");
        await using var server = await StartAsync();
        var issued = other.Issue("ada");
        await using var client = Client(server, new() { CaFile = _authority.File, CertificateFile = issued.File, KeyFile = issued.KeyFile });
        await Assert.ThrowsAsync<ConcordUnavailableException>(() => client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience));

        await File.WriteAllTextAsync(issued.KeyFile, "half", TlsServer.Patience);
        var error = await Assert.ThrowsAsync<ConcordUnavailableException>(() => client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience));
        Assert.Contains($"KeyFile '{issued.KeyFile}'", error.Message, StringComparison.Ordinal);

        issued.ReplaceBy(_authority.Issue("ada"));
        await client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience);
    }

    [Fact]
    public async Task What_the_handler_is_given_counts_where_the_options_say_nothing()
    {
        await using var server = await TlsServer.StartAsync(Options());
        await using var client = new ConcordClient(new ConcordClientOptions
        {
            Endpoints = [server.Url],
            ConfigureHandler = handler => handler.SslOptions = new() { CertificateChainPolicy = TlsServer.Trust(_authority) },
        });
        await client.Kv.PutAsync("a", "1", cancellationToken: TlsServer.Patience);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused_with_the_remedy()
    {
        var tls = new ConcordTlsOptions { CaFile = "/nowhere.pem", KeyFile = _authority.File, SkipVerification = true };
        var error = Assert.Throws<ArgumentException>(() => new ConcordClientOptions { Tls = tls }.Validate());
        Assert.Contains("KeyFile is set without CertificateFile: set both.", error.Message, StringComparison.Ordinal);
        Assert.Contains("SkipVerification makes CaFile useless", error.Message, StringComparison.Ordinal);
        Assert.Contains("CaFile '/nowhere.pem' does not exist", error.Message, StringComparison.Ordinal);
    }

    private static ConcordClient Client(TlsServer server, ConcordTlsOptions tls) => new(new ConcordClientOptions { Endpoints = [server.Url], Tls = tls });

    private TlsOptions Options()
    {
        var issued = _authority.Issue("server");
        return new() { CertFile = issued.File, KeyFile = issued.KeyFile };
    }

    private Task<TlsServer> StartAsync() => TlsServer.StartAsync(Options() with { TrustedCaFile = _authority.File, ClientCertAuth = true });
}
