using Concord.Tests.Tls;

namespace Concord.Tests.Cli;

public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Certificates_come_from_flags_or_the_environment_and_make_servers_without_a_scheme_https()
    {
        await using var server = await StartAsync();
        var issued = _authority.Issue("ada");
        var start = new CliStart { Endpoint = server.Url.Authority };
        var flags = await start.RunAsync("kv", "put", "a", "1", "--cacert", _authority.File, "--cert", issued.File, "--key", issued.KeyFile);
        Assert.Equal((0, ""), (flags.ExitCode, flags.Error));

        var environment = start with
        {
            Variables = new Dictionary<string, string>
            {
                ["CONCORD_CACERT"] = _authority.File,
                ["CONCORD_CERT"] = issued.File,
                ["CONCORD_KEY"] = issued.KeyFile,
            },
        };
        Assert.Equal("1", (await environment.RunAsync("kv", "get", "a", "-o", "value")).Out.TrimEnd());
    }

    [Fact]
    public async Task A_server_that_is_not_trusted_is_told_with_the_remedy()
    {
        await using var server = await StartAsync();
        using var other = new TestAuthority("other");
        var run = await new CliStart { Endpoint = server.Url.ToString() }.RunAsync("kv", "get", "a", "--cacert", other.File);

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("errors in the certificate chain", run.Error, StringComparison.Ordinal);
        Assert.Contains("--cacert", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kv get a --cert CA", "--cert and --key belong together", "Give both")]
    [InlineData("kv get a --cacert CA --insecure-skip-tls-verify", "makes --cacert useless", "Give one")]
    [InlineData("kv get a --cacert /nowhere.pem", "--cacert '/nowhere.pem' does not exist", "PEM")]
    public async Task What_does_not_fit_together_is_refused_before_any_server_is_asked(string commandLine, string message, string remedy)
    {
        var run = await new CliStart { Endpoint = "http://127.0.0.1:1" }.RunAsync([.. commandLine.Split(' ').Select(word => word == "CA" ? _authority.File : word)]);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
    }

    private Task<TlsServer> StartAsync()
    {
        var issued = _authority.Issue("server");
        return TlsServer.StartAsync(new() { CertFile = issued.File, KeyFile = issued.KeyFile, TrustedCaFile = _authority.File, ClientCertAuth = true });
    }
}
