using System.CommandLine;
using Concord.Cli;

namespace Concord.Tests.Cli;

public sealed class HelpTests
{
    private static readonly CliStart Nowhere = new() { Endpoint = "http://127.0.0.1:1", Width = 200 };

    public static TheoryData<string> Commands() => [.. Leaves(new ConcordCommand(80), "")];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_with_a_description_and_an_example_of_itself(string command)
    {
        var run = await Nowhere.RunAsync([.. command.Split(' '), "--help"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Description:\n  ", run.Out, StringComparison.Ordinal);
        // What the parser prints of a type that is no text.
        Assert.DoesNotContain(" { ", run.Out, StringComparison.Ordinal);
        Assert.Contains("Example", run.Out, StringComparison.Ordinal);
        Assert.Contains($"concord {command}", run.Out[run.Out.IndexOf("Example", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    /// <summary>An example that the parser refuses would be a lie; whether the server likes it is another matter.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_example_is_a_valid_command_line(string command)
    {
        var root = new ConcordCommand(80);
        var found = command.Split(' ').Aggregate((Command)root, (at, name) => at.Subcommands.Single(one => one.Name == name));

        Assert.All(((CliCommand)found).Examples, example =>
        {
            var line = example[example.IndexOf("concord ", StringComparison.Ordinal)..].Split(" > ")[0].TrimEnd(')');
            var parsed = root.Parse(line["concord ".Length..].Replace('\'', '"'));
            Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
        });
    }

    [Fact]
    public async Task The_exit_codes_are_in_the_help()
    {
        var run = await Nowhere.RunAsync("--help");

        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($" {(int)code}  ", run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Completion_suggests_commands_and_values()
    {
        var commands = await Nowhere.RunAsync("[suggest:15]", "concord config ");
        var formats = await Nowhere.RunAsync("[suggest:23]", "concord config list -o ");

        Assert.Contains("publish\n", commands.Out, StringComparison.Ordinal);
        Assert.Equal("json\ntable\n", formats.Out);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F")]
    [InlineData("zsh", "compdef")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Completion_scripts_hook_into_the_shell(string shell, string hook)
    {
        var run = await Nowhere.RunAsync("completion", shell);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(hook, run.Out, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.SelectMany(one => Leaves(one, path.Length == 0 ? one.Name : $"{path} {one.Name}"));
}
