using Concord.Cli.Config;
using Concord.Cli.Output;
using Concord.Client.Configs;
using Concord.Protocol.V1;
using static Concord.Tests.Cli.Messages;

namespace Concord.Tests.Cli;

/// <summary>What a person sees: colours, tables that fit, and nothing that a stored value could do to the terminal.</summary>
public sealed class TerminalTests : CliTests
{
    [Fact]
    public async Task A_diff_is_coloured_on_a_terminal_and_plain_without_colours()
    {
        Server.Configs.On<DiffRequest>(_ => new DiffResponse { Changes = { Changed("orders/prod", "a", "1", "2"), Added("orders/prod", "b", "x") } });

        var colored = await CliRun.OnTerminalAsync(Server, 80, colors: true, "config", "diff", "orders/prod");
        var plain = await CliRun.OnTerminalAsync(Server, 80, colors: false, "config", "diff", "orders/prod");
        var optedOut = await CliRun.OnTerminalAsync(Server, 80, colors: true, "config", "diff", "orders/prod", "--no-color");

        Assert.Equal(
            """
            [1morders/prod/application[0m
            [33m  ~ a  [0m[31m1[0m[2m → [0m[32m2[0m
            [32m  + b  [0m[32mx[0m
            [2m1 added, 1 changed[0m

            """.Replace("[", "\u001b[", StringComparison.Ordinal),
            colored.Out);
        Assert.DoesNotContain('\u001b', plain.Out);
        Assert.Equal(plain.Out, optedOut.Out);
    }

    [Fact]
    public async Task Tables_fit_the_terminal_and_keep_all_text()
    {
        var value = string.Join(' ', Enumerable.Range(100, 60));
        Server.Kv.Set("key", value);

        var run = await CliRun.OnTerminalAsync(Server, 50, colors: false, "kv", "get", "key");

        var lines = run.Out.Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= 50, line));
        Assert.All(value.Split(' '), word => Assert.Contains(word, run.Out, StringComparison.Ordinal));
        Assert.Contains("REVISION", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Into_a_pipe_a_row_is_one_line_whatever_its_length()
    {
        Server.Kv.Set("key", new string('x', 500));

        var run = await RunAsync("kv", "get", "key");

        Assert.Equal(2, run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Next_steps_are_for_people_only()
    {
        Server.Configs.On<EditDraftRequest>(request => DraftOf(request.Id, Json("{}")));
        Server.Configs.On<DiffRequest>(_ => new DiffResponse { Changes = { Added("orders/prod", "a", "1") } });

        var person = await RunOnTerminalAsync("config", "put", "orders/prod", "a=1");
        var script = await RunAsync("config", "put", "orders/prod", "a=1");

        Assert.Contains("Publish it:  concord config publish orders/prod/application -m 'why'", person.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Publish it", script.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_of_several_lines_are_compared_line_by_line()
    {
        var written = new StringWriter();
        var diff = new ConfigurationDiff
        {
            Changes = [new(ConfigurationPath.Parse("o/p"), "banner", ChangeKind.Changed, "one\ntwo\nthree\nfour\n", "one\n2\nthree\nfour\n")],
            TextOnly = [],
        };

        ChangeList.Write(new Screen(written, isTerminal: false, colors: false, 80, TimeProvider.System), diff);

        Assert.Equal(
            """
            o/p/application
              ~ banner
                    one
                  - two
                  + 2
                    three

            """,
            written.ToString());
    }

    [Theory]
    [InlineData("plain ü 漢", "plain ü 漢")]
    [InlineData("a\tb\r\n", @"a\tb\r\n")]
    [InlineData("\u001b]0;owned\u0007", @"\u001b]0;owned\u0007")]
    [InlineData("safe\u202egnp.exe", @"safe\u202egnp.exe")]
    public void Control_characters_become_visible(string text, string shown) => Assert.Equal(shown, Visible.Of(text));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(3L << 40, "3 TiB")]
    [InlineData(250L << 20, "250 MiB")]
    public void Sizes_are_readable(long bytes, string shown) => Assert.Equal(shown, ByteSize.Of(bytes));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 2)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Distance_of_two_words(string left, string right, int distance)
    {
        Assert.Equal(distance, Concord.Cli.EditDistance.Between(left, right));
        Assert.Equal(distance, Concord.Cli.EditDistance.Between(right, left));
    }
}
