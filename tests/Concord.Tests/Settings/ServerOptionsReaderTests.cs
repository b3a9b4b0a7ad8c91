using Concord.Server.Cluster;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Settings;

public sealed class ServerOptionsReaderTests
{
    private readonly Dictionary<string, string> _flags = [];
    private readonly Dictionary<string, string> _environment = [];

    [Fact]
    public void Without_any_setting_the_defaults_are_those_that_operators_know()
    {
        var options = ReadValid();

        Assert.Equal("default", options.Name);
        Assert.Equal("default.concord", options.DataDir);
        Assert.Equal([new("http://localhost:2379")], options.ListenClientUrls);
        Assert.Equal(TimeSpan.FromMilliseconds(100), options.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromMilliseconds(1000), options.ElectionTimeout);
        Assert.Equal(10_000, options.SnapshotCount);
        Assert.Equal(8L << 30, options.QuotaBackendBytes);
        Assert.Equal(1_572_864, options.MaxRequestBytes);
        Assert.Equal(128, options.MaxTxnOps);
        Assert.Equal("default", Assert.Single(options.InitialCluster).Name);
    }

    [Fact]
    public void Flags_win_over_the_environment_and_that_over_the_file()
    {
        _flags["config-file"] = WriteFile("name: from-file\nmax-txn-ops: 1\nlog-level: warn\nlisten-client-urls: [http://127.0.0.1:1, http://127.0.0.1:2]\n");
        _environment["CONCORD_NAME"] = "from-environment";
        _environment["CONCORD_MAX_TXN_OPS"] = "2";
        _flags["max-txn-ops"] = "3";

        var options = ReadValid();

        Assert.Equal("from-environment", options.Name);
        Assert.Equal(3, options.MaxTxnOps);
        Assert.Equal(LogLevel.Warning, options.LogLevel);
        Assert.Equal([1, 2], options.ListenClientUrls.Select(url => url.Port));
    }

    [Fact]
    public void Everything_that_is_wrong_is_reported_at_once_with_its_place()
    {
        _flags["heartbeat-interval"] = "fast";
        _environment["CONCORD_LOG_LEVEL"] = "loud";
        _flags["config-file"] = WriteFile("name: \"a=b\"\nfoo: 1\nsnapshot-count: {nested: 1}\n");

        var problems = Read().Problems.Select(problem => problem.ToString()).ToList();

        Assert.Equal(5, problems.Count);
        Assert.Contains(problems, text => text.StartsWith("--heartbeat-interval: 'fast'", StringComparison.Ordinal) && text.Contains("use a whole number from 10", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.StartsWith("CONCORD_LOG_LEVEL: 'loud'", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.Contains(": name: 'a=b'", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.Contains("(2): foo: is not known", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.Contains("(3): snapshot-count: is nested", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("initial-cluster", "default=http://h1:2380,n2=http://h1:2380", "gives the address http://h1:2380 to 'default' and 'n2'")]
    [InlineData("initial-cluster", "other=http://localhost:2380", "--name is 'default'")]
    [InlineData("election-timeout", "400", "less than five times --heartbeat-interval")]
    [InlineData("listen-client-urls", "https://127.0.0.1:2379", "set --cert-file and --key-file, or --auto-tls, or write http")]
    [InlineData("listen-client-urls", "http://example.org:2379", "names a host")]
    [InlineData("listen-client-urls", "http://127.0.0.1", "needs a port")]
    [InlineData("listen-client-urls", "http://localhost:0", "write http://127.0.0.1:0")]
    [InlineData("listen-client-urls", "http://127.0.0.1:1/path", "nothing behind it")]
    [InlineData("listen-client-urls", "http://127.0.0.1:1,http://127.0.0.1:1", "twice")]
    [InlineData("listen-client-urls", "127.0.0.1:2379", "is no URL")]
    [InlineData("advertise-client-urls", "http://h:0", "nobody can connect to")]
    [InlineData("max-request-bytes", "99999999999", "out of bounds")]
    [InlineData("config-file", "/nowhere/at/all.yaml", "cannot read '/nowhere/at/all.yaml'")]
    [InlineData("name", "", "no member name")]
    [InlineData("tls-min-version", "TLS1.1", "use TLS1.2 or TLS1.3")]
    [InlineData("cipher-suites", "TLS_RSA_WITH_NOTHING", "is no cipher suite")]
    [InlineData("client-cert-allowed-hostname", " , ", "is empty")]
    [InlineData("self-signed-cert-validity", "0", "out of bounds")]
    [InlineData("auth-token", "cookie", "'cookie' is no kind of token")]
    [InlineData("auth-token", "jwt,sign-method=RS256,priv-key=/nowhere/key.pem", "the file of priv-key=/nowhere/key.pem cannot be used")]
    [InlineData("auth-token-ttl", "0", "out of bounds")]
    [InlineData("bcrypt-cost", "3", "from 4 to 16")]
    public void A_wrong_setting_is_named_with_its_remedy(string flag, string value, string expected)
    {
        _flags[flag] = value;

        var problem = Assert.Single(Read().Problems);

        Assert.Equal("--" + flag, problem.Where);
        Assert.Contains(expected, problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_yaml_is_refused_with_line_and_column()
    {
        var path = WriteFile("name: [a\n");
        _flags["config-file"] = path;

        var problem = Assert.Single(Read().Problems);

        Assert.StartsWith(path + "(", problem.Where, StringComparison.Ordinal);
        Assert.Contains("is no YAML", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_of_one_may_be_spelled_out()
    {
        _flags["name"] = "n1";
        _flags["initial-cluster"] = "n1=http://10.0.0.1:2380,n1=http://10.0.0.2:2380";

        var options = ReadValid();

        Assert.Equal(["http://10.0.0.1:2380/", "http://10.0.0.2:2380/"], options.InitialAdvertisePeerUrls.Select(url => url.ToString()));
    }

    [Fact]
    public void Every_flag_shows_its_default_and_reads_it_back()
    {
        foreach (var flag in ServerFlags.All)
        {
            var options = new ServerOptions();
            var text = flag.Show(options);
            if (text.Length > 0)
            {
                Assert.Null(flag.Set(ref options, text));
                Assert.Equal(text, flag.Show(options));
            }
        }
    }

    [Fact]
    public void The_help_names_every_flag_and_the_exit_codes()
    {
        var help = new StringWriter();
        ServerCommand.Create((_, _) => throw new InvalidOperationException("help must not start anything"))
            .Parse(["--help"]).Invoke(new() { Output = help });

        Assert.All(ServerFlags.All.Where(flag => !flag.IsHidden), flag => Assert.Contains(flag.Option, help.ToString(), StringComparison.Ordinal));
        Assert.Contains("Exit codes", help.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_with_wrong_flags_prints_all_of_them_and_returns_the_settings_code()
    {
        var errors = new StringWriter();
        var exitCode = await ServerCommand.Create((_, _) => throw new InvalidOperationException("must not start"))
            .Parse(["--name", "", "--max-txn-ops", "0", "--dev"])
            .InvokeAsync(new() { Error = errors }, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Settings, exitCode);
        Assert.Contains("--name:", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("--max-txn-ops:", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_founding_members_of_one_cluster_agree_on_its_number_and_differ_in_their_own()
    {
        var members = new InitialMember[] { new("a", [new("http://a:2380")]), new("b", [new("http://b:2380")]) };
        var a = MemberFounding.Found(new() { Name = "a", InitialCluster = members, InitialAdvertisePeerUrls = members[0].PeerUrls });
        var b = MemberFounding.Found(new() { Name = "b", InitialCluster = [.. members.Reverse()], InitialAdvertisePeerUrls = members[1].PeerUrls });
        var other = MemberFounding.Found(new() { Name = "a", InitialCluster = members, InitialAdvertisePeerUrls = members[0].PeerUrls, InitialClusterToken = "other" });

        Assert.Equal(a.ClusterId, b.ClusterId);
        Assert.NotEqual(a.MemberId, b.MemberId);
        Assert.NotEqual(a.ClusterId, other.ClusterId);
        Assert.NotEqual(a.MemberId, other.MemberId);
    }

    [Fact]
    public void The_founding_members_compute_the_same_first_configuration()
    {
        var members = new InitialMember[] { new("a", [new("http://a:2380")]), new("b", [new("http://b:2380")]) };
        var a = MemberFounding.Founders(new() { Name = "a", InitialCluster = members, InitialAdvertisePeerUrls = members[0].PeerUrls });
        var b = MemberFounding.Founders(new() { Name = "b", InitialCluster = [.. members.Reverse()], InitialAdvertisePeerUrls = members[1].PeerUrls });

        Assert.Equal(a.Voters, b.Voters);
        Assert.Equal(a.Context.ToArray(), b.Context.ToArray());
    }

    private static string WriteFile(string yaml)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("concord-test-").FullName, "concord.yaml");
        File.WriteAllText(path, yaml);
        return path;
    }

    private ServerOptions ReadValid()
    {
        var (options, problems) = Read();
        Assert.Empty(problems);
        return options;
    }

    private (ServerOptions Options, IReadOnlyList<OptionProblem> Problems) Read() =>
        ServerOptionsReader.Read(_flags, _environment.GetValueOrDefault);
}
