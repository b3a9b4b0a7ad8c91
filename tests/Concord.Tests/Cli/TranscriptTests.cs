using System.Text;
using Concord.Client;
using Concord.Protocol.V1;
using Concord.Tests.Client;
using Concord.Tests.Etcd;

namespace Concord.Tests.Cli;

/// <summary>
/// Command lines with everything that they print: standard output; standard error, behind "! "; the exit code, unless it is 0; "~" is an empty line. The file
/// "held" runs against a whole server, the others against fakes. A watch is stopped when it has told of "last".
/// </summary>
public sealed class TranscriptTests(EtcdServer server) : CliTests, IClassFixture<EtcdServer>
{
    public static TheoryData<string> All => new(TranscriptFile.Names("Cli"));

    [Theory]
    [MemberData(nameof(All))]
    public async Task It_prints_what_is_written(string name)
    {
        Server.Configs.On<GetEffectiveRequest>(_ => Rules());
        await using var client = new ConcordClient(server.Url);
        await using var taken = name == "held" ? await client.Locks.AcquireAsync("golden/taken", cancellationToken: TestContext.Current.CancellationToken) : null;
        var endpoint = name == "held" ? server.Url : Server.Endpoint;
        await Task.Run(() => TranscriptFile.Run("Cli", name, line => Execute(endpoint, line).GetAwaiter().GetResult()));
    }

    private static async Task<string> Execute(string endpoint, string line)
    {
        var words = Words(line);
        Assert.Equal("concord", words[0]);
        using var stop = new CancellationTokenSource(Wait.Bound);
        var run = await new CliStart
        {
            Endpoint = endpoint,
            Width = 160,
            Stop = stop.Token,
            Printed = text =>
            {
                if (words.Contains("watch") && text.Contains("last", StringComparison.Ordinal))
                    stop.Cancel();
            },
        }.RunAsync([.. words.Skip(1)]);
        var said = new StringBuilder();
        foreach (var one in Lines(run.Out))
            said.Append(one.Length == 0 ? "~" : one).Append('\n');
        foreach (var one in Lines(run.Error))
            said.Append("! ").Append(one).Append('\n');
        if (run.ExitCode != 0)
            said.Append(System.Globalization.CultureInfo.InvariantCulture, $"exit code {run.ExitCode}\n");
        return said.Length == 0 ? "(nothing)" : said.Replace(Environment.CurrentDirectory, "DIRECTORY").ToString();

        static IEnumerable<string> Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
    }

    /// <summary>As a shell takes them apart, with single quotes only.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        foreach (var (index, part) in line.Split('\'').Index())
        {
            if (index % 2 == 1)
                words.Add(part);
            else
                words.AddRange(part.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        return words;
    }

    private static EffectiveConfiguration Rules() => new()
    {
        Release = 3,
        Revision = 30,
        Settings =
        {
            new Setting { Key = "split:0:version", Value = "2" },
            new Setting { Key = "split:0:percent", Value = "10" },
            new Setting { Key = "split:1:percent", Value = "90" },
            new Setting { Key = "splitBy", Value = "header:x-user" },
            new Setting { Key = "failover:0", Value = "own-zone" },
            new Setting { Key = "failover:1", Value = "any" },
        },
    };
}
