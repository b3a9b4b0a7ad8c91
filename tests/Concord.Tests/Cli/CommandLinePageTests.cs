using System.CommandLine;
using Concord.Cli;
using Concord.Tests.Rules;

namespace Concord.Tests.Cli;

/// <summary>docs/command-line.md against the tool: what one has the other knows.</summary>
public sealed class CommandLinePageTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/command-line.md"));

    [Fact]
    public void Every_command_is_on_the_page_with_its_options()
    {
        var missing = Leaves(new ConcordCommand(80), "")
            .SelectMany(leaf => leaf.Command.Options.Where(option => !option.Hidden).Select(option => option.Name).Prepend(leaf.Path))
            .Concat(new ConcordCommand(80).Options.Where(option => option.Recursive && option.Name != "--help").Select(option => option.Name))
            .Distinct()
            .Where(word => !Page.Contains(word, StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_row_of_a_table_of_commands_names_one()
    {
        var known = Leaves(new ConcordCommand(80), "").Select(leaf => leaf.Path).ToList();
        string[] groups = ["| `config ", "| `service ", "| `kv ", "| `cluster ", "| `snapshot ", "| `auth ", "| `user ", "| `role ", "| `lock ", "| `elect "];
        var rows = Page.Split('\n').Where(line => groups.Any(group => line.StartsWith(group, StringComparison.Ordinal)));

        Assert.All(rows, row => Assert.Contains(known, path => row.StartsWith($"| `{path}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_exit_code_is_on_the_page() =>
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"\n| {(int)code} | ", Page, StringComparison.Ordinal));

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.SelectMany(one => Leaves(one, path.Length == 0 ? one.Name : $"{path} {one.Name}"));
}
