using System.Text.Json;
using System.Text.RegularExpressions;

namespace Concord.IntegrationTests;

/// <summary>Certificates made as docs/tls.md says, a real server and the real command line.</summary>
public sealed partial class TlsTests
{
    [Fact]
    public async Task A_server_with_certificates_serves_the_command_line_and_takes_new_ones_while_it_runs()
    {
        using var folder = new TemporaryFolder();
        var path = folder["certificates"];
        Directory.CreateDirectory(path);
        await OpenSslAsync($"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority -keyout {path}/ca.key -out {path}/ca.crt");
        await IssueAsync(path, "server", "server");
        await IssueAsync(path, "ada", "ada");
        await using var process = TestProcess.Start(
            Built.Server,
            [
                "--data-dir", folder["data"], "--listen-client-urls", "https://127.0.0.1:0", "--cert-file", $"{path}/server.crt", "--key-file", $"{path}/server.key",
                "--trusted-ca-file", $"{path}/ca.crt", "--client-cert-auth",
            ]);
        var line = await process.WaitForLineAsync(line => Address().IsMatch(line));
        var environment = new Dictionary<string, string>
        {
            ["CONCORD_ENDPOINTS"] = Address().Match(line).Value,
            ["CONCORD_CACERT"] = $"{path}/ca.crt",
        };

        Assert.Equal(5, (await TestProcess.RunAsync(Built.CommandLine, ["kv", "put", "a", "1"], environment)).ExitCode);
        await process.WaitForLineAsync(line => line.Contains("a certificate is demanded", StringComparison.Ordinal));

        string[] shown = ["--cert", $"{path}/ada.crt", "--key", $"{path}/ada.key"];
        Assert.Equal(0, (await TestProcess.RunAsync(Built.CommandLine, ["kv", "put", "a", "1", .. shown], environment)).ExitCode);
        var status = await TestProcess.RunAsync(Built.CommandLine, ["cluster", "status", .. shown], environment);
        Assert.True(status.ExitCode == 0, status.Output);
        Assert.Contains("https://127.0.0.1:", status.Output, StringComparison.Ordinal);

        // A renewed certificate is a new file. It is noticed by a connection, a second after the last look at the latest.
        await IssueAsync(path, "server", "renewed");
        var reloaded = process.WaitForLineAsync(line => line.Contains("Using the certificate of CN=renewed", StringComparison.Ordinal));
        while (!reloaded.IsCompleted)
        {
            var (exitCode, output) = await TestProcess.RunAsync(Built.CommandLine, ["kv", "get", "a", "-o", "value", .. shown], environment);
            Assert.True(exitCode == 0, output);
        }

        await reloaded;
    }

    /// <summary>The servers trust whom their machine trusts; here that is an authority of the test's own.</summary>
    [Fact]
    public async Task Health_checks_over_tls_pass_where_the_certificate_is_trusted()
    {
        using var folder = new TemporaryFolder();
        var path = folder["certificates"];
        Directory.CreateDirectory(path);
        await OpenSslAsync($"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority -keyout {path}/ca.key -out {path}/ca.crt");
        await IssueAsync(path, "server", "server");

        // A server is a target too: it has the gRPC health service and pages over https.
        await using var process = TestProcess.Start(
            Built.Server,
            [
                "--data-dir", folder["data"], "--listen-client-urls", "https://127.0.0.1:0", "--cert-file", $"{path}/server.crt", "--key-file", $"{path}/server.key",
                "--check-private-targets", "127.0.0.0/8",
            ],
            new Dictionary<string, string> { ["SSL_CERT_FILE"] = $"{path}/ca.crt" });
        var address = new Uri(Address().Match(await process.WaitForLineAsync(line => Address().IsMatch(line))).Value);
        var environment = new Dictionary<string, string> { ["CONCORD_ENDPOINTS"] = address.ToString(), ["CONCORD_CACERT"] = $"{path}/ca.crt" };

        await RegisterAsync("over-grpc", $"grpcs://{address.Authority}");
        await RegisterAsync("over-http", $"https://{address.Authority}/livez");
        await RegisterAsync("no-service", $"grpcs://{address.Authority}/nobody");
        await ShownAsync("over-grpc", "passing");
        await ShownAsync("over-http", "passing");
        await ShownAsync("no-service", "gRPC status NotFound");

        async Task RegisterAsync(string id, string check)
        {
            var (exitCode, output) = await TestProcess.RunAsync(
                Built.CommandLine, ["service", "register", "checked", "--id", id, "--address", $"tcp://{address.Authority}", "--check", check, "--check-interval", "1s"], environment);
            Assert.True(exitCode == 0, output);
        }

        async Task ShownAsync(string id, string stateOrReason)
        {
            while (true)
            {
                var (exitCode, output) = await TestProcess.RunAsync(Built.CommandLine, ["service", "show", "checked", "-o", "json"], environment);
                Assert.True(exitCode == 0, output);
                var one = JsonDocument.Parse(output).RootElement.GetProperty("instances").EnumerateArray().Single(one => one.GetProperty("id").GetString() == id);
                if (one.GetProperty("state").GetString() == stateOrReason || (one.TryGetProperty("reason", out var reason) && reason.GetString() == stateOrReason))
                    return;
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task IssueAsync(string path, string file, string name)
    {
        await File.WriteAllTextAsync(Path.Combine(path, "extensions"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth");
        await OpenSslAsync($"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {path}/{file}.key -out {path}/{file}.csr");
        await OpenSslAsync($"x509 -req -in {path}/{file}.csr -CA {path}/ca.crt -CAkey {path}/ca.key -CAcreateserial -days 30 -out {path}/{file}.crt -extfile {path}/extensions");
    }

    private static async Task OpenSslAsync(string arguments)
    {
        var (exitCode, output) = await TestProcess.RunAsync("openssl", arguments.Split(' '));
        Assert.True(exitCode == 0, $"openssl {arguments}: {output}");
    }

    [GeneratedRegex(@"https://127\.0\.0\.1:[1-9]\d*")]
    private static partial Regex Address();
}
