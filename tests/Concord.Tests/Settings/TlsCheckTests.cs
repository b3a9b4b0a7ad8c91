using System.Net.Security;
using Concord.Server.Cluster;

namespace Concord.Tests.Settings;

public sealed class TlsCheckTests
{
    private const string Certificate = "cert-file=/dev/null key-file=/dev/null";

    [Fact]
    public void Clear_text_and_tls_may_be_served_side_by_side()
    {
        var (options, problems) = Read($"listen-client-urls=http://127.0.0.1:2379,https://0.0.0.0:2378 {Certificate} "
            + "trusted-ca-file=/dev/null client-cert-auth=true client-cert-allowed-hostname=a.example,b.example");

        Assert.Empty(problems);
        Assert.True(options.ClientTls is { IsOn: true, ClientCertAuth: true, AllowedHostnames: ["a.example", "b.example"] });
    }

    [Fact]
    public void Versions_and_suites_are_read_by_the_names_that_operators_know()
    {
        var (options, problems) = Read($"listen-client-urls=https://0.0.0.0:2379 auto-tls=true tls-min-version=TLS1.2 tls-max-version=TLS1.2 "
            + "cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305");

        Assert.Empty(problems);
        Assert.Equal((2, 2), (options.TlsMinVersion, options.TlsMaxVersion));
        Assert.Equal(
            [TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256],
            options.CipherSuites);
    }

    [Theory]
    [InlineData("listen-client-urls=http://127.0.0.1:1,https://127.0.0.1:2", "--listen-client-urls", "has https://127.0.0.1:2, which needs a certificate")]
    [InlineData(Certificate, "--listen-client-urls", "--cert-file would have no effect")]
    [InlineData("auto-tls=true", "--listen-client-urls", "--auto-tls would have no effect")]
    [InlineData("listen-client-urls=https://127.0.0.1:2 cert-file=/dev/null", "--key-file", "needs the key of the certificate")]
    [InlineData("key-file=/dev/null", "--cert-file", "is the key of a certificate")]
    [InlineData("listen-client-urls=https://127.0.0.1:2 cert-file=/dev/null key-file=/nowhere.key", "--key-file", "'/nowhere.key' does not exist")]
    [InlineData($"listen-client-urls=https://127.0.0.1:2 {Certificate} client-cert-auth=true", "--trusted-ca-file", "name the authority")]
    [InlineData($"listen-client-urls=https://127.0.0.1:2 {Certificate} client-crl-file=/dev/null", "--trusted-ca-file", "name the authority")]
    [InlineData($"listen-client-urls=https://127.0.0.1:2 {Certificate} auto-tls=true", "--auto-tls", "nobody can check")]
    [InlineData("trusted-ca-file=/dev/null", "--cert-file", "with a certificate of this server only")]
    [InlineData("peer-auto-tls=true peer-client-cert-auth=true initial-advertise-peer-urls=https://h:2380", "--peer-auto-tls", "nobody can check")]
    [InlineData("peer-auto-tls=true", "--peer-auto-tls", "http://localhost:2380 is not https")]
    [InlineData("tls-min-version=TLS1.3 tls-max-version=TLS1.2", "--tls-max-version", "older than --tls-min-version")]
    [InlineData("tls-min-version=TLS1.3 cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "--cipher-suites", "which --tls-min-version excludes")]
    public void What_does_not_fit_together_is_refused_with_the_remedy(string settings, string where, string what)
    {
        var problem = Assert.Single(Read(settings).Problems);

        Assert.Equal(where, problem.Where);
        Assert.Contains(what, problem.What, StringComparison.Ordinal);
    }

    private static (ServerOptions Options, IReadOnlyList<OptionProblem> Problems) Read(string settings)
    {
        var flags = settings.Split(' ').Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return ServerOptionsReader.Read(flags, _ => null);
    }
}
