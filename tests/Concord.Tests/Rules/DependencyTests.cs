using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Concord.Tests.Rules;

/// <summary>Every package is used and has its line in docs/dependencies.md, and every line there has its package.</summary>
public sealed partial class DependencyTests
{
    private static readonly string[] Central =
        [.. XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion").Select(package => (string)package.Attribute("Include")!)];

    [Fact]
    public void Every_package_has_its_reason() => Assert.Equal(
        Central.Order(StringComparer.Ordinal),
        Line().Matches(Repository.Read("docs/dependencies.md")).Select(match => match.Groups["name"].Value).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_package_is_used()
    {
        var used = Repository.Projects.Values.Append(Repository.PathOf("Directory.Build.targets"))
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference"))
            .Select(reference => (string)reference.Attribute("Include")!)
            .ToHashSet();

        Assert.All(Central, package => Assert.Contains(package, used));
    }

    [GeneratedRegex(@"^- `(?<name>[\w.-]+)`: \S", RegexOptions.Multiline)]
    private static partial Regex Line();
}
