using System.Text.RegularExpressions;

namespace Concord.Tests.Rules;

/// <summary>What ARCHITECTURE.md says of the tree is true of the tree.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Text = Repository.Read("ARCHITECTURE.md");

    [Fact]
    public void The_table_of_projects_names_every_project_and_its_arrows()
    {
        var claimed = TableRow().Matches(Text).ToDictionary(
            row => row.Groups["name"].Value,
            row => string.Join(", ", Name().Matches(row.Groups["references"].Value).Select(match => match.Value).Order(StringComparer.Ordinal)));
        var actual = Repository.Projects.Keys.ToDictionary(
            project => project,
            project => string.Join(", ", Repository.ReferencesOf(project)));

        Assert.Equal(
            actual.OrderBy(pair => pair.Key, StringComparer.Ordinal),
            claimed.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Every_path_it_names_exists()
    {
        var missing = PathInBackticks().Matches(Text)
            .Select(match => match.Groups["path"].Value)
            .Where(path => !File.Exists(Repository.PathOf(path)) && !Directory.Exists(Repository.PathOf(path)))
            .ToList();

        Assert.True(missing.Count == 0, "ARCHITECTURE.md names what is not there: " + string.Join(", ", missing));
    }

    [Fact]
    public void Every_type_it_names_exists()
    {
        var declared = Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests"))
            .SelectMany(file => Declaration().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value))
            .ToHashSet();
        var missing = TypeInBackticks().Matches(Text)
            .Select(match => match.Groups["name"].Value)
            .Where(name => !declared.Contains(name))
            .Distinct()
            .ToList();

        Assert.True(missing.Count == 0, "ARCHITECTURE.md names types that are not there: " + string.Join(", ", missing));
    }

    [Fact]
    public void Every_folder_of_the_server_has_its_line()
    {
        var folders = Directory.EnumerateDirectories(Repository.PathOf("src/Concord.Server"))
            .Select(Path.GetFileName)
            .Where(name => name is not "bin" and not "obj" and not "Properties");

        Assert.All(folders, folder => Assert.Contains($"`src/Concord.Server/{folder}/`", Text, StringComparison.Ordinal));
    }

    // | `Concord.Node` | what it is | `Concord.Mvcc`, `Concord.Raft` |
    [GeneratedRegex(@"^\|\s*`(?<name>(?:Concord\.[\w.]+|Checkout|Echo|Fencing|Orders))`\s*\|[^|]*\|(?<references>[^|]*)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"Concord\.[\w.]+|Fencing")]
    private static partial Regex Name();

    [GeneratedRegex(@"`(?<path>(?:src|tests|docs|bench|samples|eng)/[\w./-]*)`")]
    private static partial Regex PathInBackticks();

    // Types are written `Like_this` in backticks with a capital and no dot, slash or space: `RaftCore`.
    [GeneratedRegex(@"`(?<name>[A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)`")]
    private static partial Regex TypeInBackticks();

    [GeneratedRegex(@"\b(?:class|struct|record|interface|enum)\s+(?:struct\s+|class\s+)?(?<name>[A-Z]\w+)")]
    private static partial Regex Declaration();
}
