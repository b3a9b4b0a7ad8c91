using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Tls;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Tls;

public sealed class ServerTlsTests : IDisposable
{
    private static readonly Uri Health = new("/health", UriKind.Relative);

    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_protocols_and_grpc_are_served_on_one_port(string version)
    {
        await using var server = await TlsServer.StartAsync(Options());
        using var client = server.Client(_authority);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/version") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request, TlsServer.Patience);
        Assert.Equal(Version.Parse(version), response.Version);

        using var channel = GrpcChannel.ForAddress(server.Url, new() { HttpClient = client });
        var put = await new KV.KVClient(channel).PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("a") }, cancellationToken: TlsServer.Patience);
        Assert.Equal(2, put.Header.Revision);
    }

    [Fact]
    public async Task A_client_that_negotiates_no_protocol_is_understood_by_its_first_bytes()
    {
        await using var server = await TlsServer.StartAsync(Options());
        await using (var http1 = await server.ShakeHandsAsync())
        {
            await http1.WriteAsync("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TlsServer.Patience);
            Assert.StartsWith("HTTP/1.1 200 OK", await ReadAsync(http1, 15), StringComparison.Ordinal);
        }

        await using var http2 = await server.ShakeHandsAsync();
        Assert.True(http2.NegotiatedApplicationProtocol.Protocol.IsEmpty);
        await http2.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0"u8.ToArray(), TlsServer.Patience);
        var frame = Encoding.Latin1.GetBytes(await ReadAsync(http2, 9));

        // A SETTINGS frame on stream 0.
        Assert.Equal((4, 0), (frame[3], frame[8]));
    }

    [Fact]
    public async Task Clear_text_may_be_served_beside_it()
    {
        await using var server = await TlsServer.StartAsync(Options(), options => options with { ListenClientUrls = [.. options.ListenClientUrls, new("http://127.0.0.1:0")] });
        using var secure = server.Client(_authority);
        using var clear = new HttpClient();

        Assert.Equal(HttpStatusCode.OK, (await secure.GetAsync(Health, TlsServer.Patience)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await clear.GetAsync(new Uri(server.Server.ClientUrls.Single(url => url.Scheme == "http"), Health), TlsServer.Patience)).StatusCode);
    }

    [Fact]
    public async Task A_client_that_trusts_others_does_not_connect()
    {
        using var other = new TestAuthority("other");
        await using var server = await TlsServer.StartAsync(Options());
        using var client = server.Client(other);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Health, TlsServer.Patience));
    }

    [Fact]
    public async Task With_authorities_only_their_certificates_are_let_in_and_the_log_says_why()
    {
        using var other = new TestAuthority("other");
        using var middle = new TestAuthority("middle", _authority);
        await using var server = await TlsServer.StartAsync(Mutual());

        await AssertWelcomeAsync(server, _authority.Issue("ada"));
        await AssertWelcomeAsync(server, middle.Issue("ada"));
        await AssertRefusedAsync(server, null, "(certificate: none): a certificate is demanded");
        await AssertRefusedAsync(server, other.Issue("ada"), "it is not to be trusted");
        await AssertRefusedAsync(server, _authority.Issue("ada", days: -1), "it is not to be trusted");
    }

    [Fact]
    public async Task The_authorities_alone_are_enough_to_demand_certificates()
    {
        await using var server = await TlsServer.StartAsync(Mutual() with { ClientCertAuth = false });
        await AssertRefusedAsync(server, null, "(certificate: none): a certificate is demanded");
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused_once_the_list_says_so()
    {
        var (good, bad) = (_authority.Issue("good"), _authority.Issue("bad"));
        var list = Path.Combine(_authority.Folder, "crl.pem");
        await File.WriteAllTextAsync(list, System.Security.Cryptography.PemEncoding.WriteString("X509 CRL", _authority.Revoke()), TlsServer.Patience);
        await using var server = await TlsServer.StartAsync(Mutual() with { CrlFile = list });
        await AssertWelcomeAsync(server, bad);

        await File.WriteAllBytesAsync(list, _authority.Revoke(bad), TlsServer.Patience);
        await Client.Wait.UntilAsync(async () => !await IsWelcomeAsync(server, bad), "the revoked certificate is refused");
        await AssertRefusedAsync(server, bad, "CN=bad is revoked");
        await AssertWelcomeAsync(server, good);
    }

    [Fact]
    public async Task Only_certificates_for_the_allowed_hosts_are_let_in()
    {
        await using var server = await TlsServer.StartAsync(Mutual() with { AllowedHostnames = ["shop.example", "a.example"] });
        await AssertWelcomeAsync(server, _authority.Issue("x", host: "a.example"));
        await AssertRefusedAsync(server, _authority.Issue("a.example", host: "b.example"), "it is not for shop.example or a.example");
    }

    [Fact]
    public async Task The_common_name_of_a_certificate_is_the_user_if_certificates_sign_in()
    {
        await using var server = await TlsServer.StartAsync(Mutual());
        using var http = server.Client(_authority, _authority.Issue("root"));
        using var channel = GrpcChannel.ForAddress(server.Url, new() { HttpClient = http });
        var auth = new Protocol.Etcd.Auth.AuthClient(channel);
        await auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Options = new() { NoPassword = true } }, cancellationToken: TlsServer.Patience);
        await auth.UserAddAsync(new AuthUserAddRequest { Name = "ada", Options = new() { NoPassword = true } }, cancellationToken: TlsServer.Patience);
        await auth.RoleAddAsync(new AuthRoleAddRequest { Name = "root" }, cancellationToken: TlsServer.Patience);
        await auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, cancellationToken: TlsServer.Patience);
        await auth.AuthEnableAsync(new AuthEnableRequest(), cancellationToken: TlsServer.Patience);

        var put = new PutRequest { Key = ByteString.CopyFromUtf8("a") };
        await new KV.KVClient(channel).PutAsync(put, cancellationToken: TlsServer.Patience);
        using var otherHttp = server.Client(_authority, _authority.Issue("ada"));
        using var other = GrpcChannel.ForAddress(server.Url, new() { HttpClient = otherHttp });
        var error = await Assert.ThrowsAsync<RpcException>(() => new KV.KVClient(other).PutAsync(put, cancellationToken: TlsServer.Patience).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }

    [Fact]
    public async Task The_gateway_works_for_those_who_are_let_in()
    {
        await using var server = await TlsServer.StartAsync(Mutual());
        using var client = server.Client(_authority, _authority.Issue("ada"));
        using var answer = await client.PostAsync(new Uri("/v3/kv/put", UriKind.Relative), new StringContent("""{"key":"YQ==","value":"Yg=="}"""), TlsServer.Patience);
        var range = await (await client.PostAsync(new Uri("/v3/kv/range", UriKind.Relative), new StringContent("""{"key":"YQ=="}"""), TlsServer.Patience))
            .Content.ReadFromJsonAsync<JsonNode>(TlsServer.Patience);
        Assert.Equal("Yg==", (string?)range!["kvs"]![0]!["value"]);
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_new_connections_and_a_broken_one_is_not()
    {
        var (first, second) = (_authority.Issue("first"), _authority.Issue("second"));
        var files = _authority.Issue("files");
        files.ReplaceBy(first);
        await using var server = await TlsServer.StartAsync(Options() with { CertFile = files.File, KeyFile = files.KeyFile });
        using var client = server.Client(_authority);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Health, TlsServer.Patience)).StatusCode);
        Assert.Equal(first.SerialText, await server.SerialShownAsync());

        await File.WriteAllTextAsync(files.KeyFile, "half", TlsServer.Patience);
        await Client.Wait.UntilAsync(
            async () => await server.SerialShownAsync() == first.SerialText && server.Log.Warnings.Any(text => text.Contains($"--key-file '{files.KeyFile}'", StringComparison.Ordinal)),
            "the broken key is told");

        files.ReplaceBy(second);
        await Client.Wait.UntilAsync(async () => await server.SerialShownAsync() == second.SerialText, "the new certificate is shown");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Health, TlsServer.Patience)).StatusCode);
        Assert.Single(server.Log.Warnings);
    }

    [Fact]
    public async Task Files_behind_links_that_are_swapped_as_kubernetes_does_are_noticed()
    {
        string Put(string name, IssuedCertificate issued)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_authority.Folder, name)).FullName;
            File.Copy(issued.File, Path.Combine(folder, "tls.crt"));
            File.Copy(issued.KeyFile, Path.Combine(folder, "tls.key"));
            return folder;
        }

        var (first, second) = (_authority.Issue("first"), _authority.Issue("second"));
        var data = Path.Combine(_authority.Folder, "..data");
        Directory.CreateSymbolicLink(data, Put("..1", first));
        var (certificate, key) = (Path.Combine(_authority.Folder, "tls.crt"), Path.Combine(_authority.Folder, "tls.key"));
        File.CreateSymbolicLink(certificate, Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(key, Path.Combine("..data", "tls.key"));
        await using var server = await TlsServer.StartAsync(Options() with { CertFile = certificate, KeyFile = key });
        Assert.Equal(first.SerialText, await server.SerialShownAsync());

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, Put("..2", second));
        await Client.Wait.UntilAsync(async () => await server.SerialShownAsync() == second.SerialText, "the new certificate is shown");
        Assert.Empty(server.Log.Warnings);
    }

    [Fact]
    public async Task An_expired_certificate_is_served_with_a_warning()
    {
        var expired = _authority.Issue("server", days: -1);
        await using var server = await TlsServer.StartAsync(Options() with { CertFile = expired.File, KeyFile = expired.KeyFile });
        Assert.Contains(server.Log.Warnings, text => text.Contains($"'{expired.File}'", StringComparison.Ordinal) && text.EndsWith("replace it", StringComparison.Ordinal));
        using var client = server.Client(_authority);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Health, TlsServer.Patience));
    }

    [Fact]
    public async Task A_start_with_a_file_that_is_no_certificate_or_no_key_names_it()
    {
        var (a, b) = (_authority.Issue("a"), _authority.Issue("b"));
        var error = await Assert.ThrowsAsync<TlsFilesException>(() => TlsServer.StartAsync(Options() with { CertFile = a.KeyFile }));
        Assert.StartsWith($"--cert-file '{a.KeyFile}': holds no certificate", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<TlsFilesException>(() => TlsServer.StartAsync(new() { CertFile = a.File, KeyFile = b.KeyFile }));
        Assert.StartsWith($"--key-file '{b.KeyFile}': holds no key", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<TlsFilesException>(() => TlsServer.StartAsync(Mutual() with { CrlFile = a.File }));
        Assert.StartsWith($"--client-crl-file '{a.File}': it holds no list of revoked", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auto_tls_makes_a_certificate_that_outlives_a_restart()
    {
        using var folder = new TestAuthority();
        ServerOptions Located(ServerOptions options) => options with { DataDir = Path.Combine(folder.Folder, "data"), SelfSignedCertValidity = 2 };
        string serial;
        await using (var server = await TlsServer.StartAsync(new() { AutoTls = true }, Located))
        {
            await using var stream = await server.ShakeHandsAsync(SslApplicationProtocol.Http2, SslApplicationProtocol.Http11);
            Assert.Equal(SslApplicationProtocol.Http2, stream.NegotiatedApplicationProtocol);
            var certificate = (System.Security.Cryptography.X509Certificates.X509Certificate2)stream.RemoteCertificate!;
            serial = certificate.SerialNumber;
            Assert.True(certificate.MatchesHostname("127.0.0.1") && certificate.MatchesHostname("localhost"));
            Assert.InRange((certificate.NotAfter - DateTime.Now).TotalDays, 700, 740);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.DataDirectory, "tls", "client.key")));
        }

        await using var again = await TlsServer.StartAsync(new() { AutoTls = true }, Located);
        Assert.Equal(serial, await again.SerialShownAsync());
    }

    [Fact]
    public void Auto_tls_makes_its_certificate_anew_while_the_server_runs()
    {
        using var folder = new TestAuthority();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var log = new TlsLog(NullLogger.Instance);
        var own = new SelfSignedCertificate(Path.Combine(folder.Folder, "tls"), "client", [new("https://127.0.0.1:2379")], years: 1, log, time);
        own.Ensure();
        var files = new TlsFiles(new() { CertFile = own.CertificateFile, KeyFile = own.KeyFile }, TlsFlagNames.Clients, log, own, time);
        var first = files.Current.Certificate.TargetCertificate.SerialNumber;

        time.Advance(TimeSpan.FromDays(300));
        Assert.Equal(first, files.Current.Certificate.TargetCertificate.SerialNumber);
        time.Advance(TimeSpan.FromDays(50));
        var second = files.Current.Certificate.TargetCertificate;

        Assert.NotEqual(first, second.SerialNumber);
        Assert.True(second.NotAfter.ToUniversalTime() > time.GetUtcNow().AddDays(300).UtcDateTime);
    }

    [Fact]
    public async Task The_versions_of_tls_are_those_that_are_set()
    {
        await using var server = await TlsServer.StartAsync(Options(), options => options with { TlsMaxVersion = 2 });
        await using var stream = await server.ShakeHandsAsync();
        Assert.Equal(System.Security.Authentication.SslProtocols.Tls12, stream.SslProtocol);
    }

    [Fact]
    public async Task The_cipher_suites_are_those_that_are_set()
    {
        await using var server = await TlsServer.StartAsync(
            Options(),
            options => options with { TlsMaxVersion = 2, CipherSuites = [TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] });
        await using var stream = await server.ShakeHandsAsync();
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, stream.NegotiatedCipherSuite);
    }

    private static async Task<string> ReadAsync(SslStream stream, int count)
    {
        var answer = new byte[count];
        await stream.ReadExactlyAsync(answer, TlsServer.Patience);
        return Encoding.Latin1.GetString(answer);
    }

    private TlsOptions Options()
    {
        var issued = _authority.Issue("server");
        return new() { CertFile = issued.File, KeyFile = issued.KeyFile };
    }

    private TlsOptions Mutual() => Options() with { TrustedCaFile = _authority.File, ClientCertAuth = true };

    private async Task<bool> IsWelcomeAsync(TlsServer server, IssuedCertificate? shown)
    {
        using var client = server.Client(_authority, shown);
        try
        {
            using var answer = await client.GetAsync(Health, TlsServer.Patience);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task AssertWelcomeAsync(TlsServer server, IssuedCertificate shown) => Assert.True(await IsWelcomeAsync(server, shown));

    private async Task AssertRefusedAsync(TlsServer server, IssuedCertificate? shown, string reason)
    {
        Assert.False(await IsWelcomeAsync(server, shown));
        await Client.Wait.UntilAsync(() => server.Log.Warnings.Any(text => text.Contains(reason, StringComparison.Ordinal)), $"the log says: {reason}");
    }
}
