using System.Xml.Linq;

namespace Concord.Tests.Rules;

/// <summary>The working tree that these tests were compiled from.</summary>
internal static class Repository
{
    /// <summary>Found from the place of the test assembly: a reproducible build writes the compiler's paths as "/_/…".</summary>
    public static string Root { get; } = Ancestors(AppContext.BaseDirectory)
        .First(folder => File.Exists(Path.Combine(folder, "Concord.slnx")));

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>Project files under src, tests, bench and samples, by project name.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } = new[] { "src", "tests", "bench", "samples" }
        .Select(PathOf)
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), file => file);

    public static IEnumerable<string> SourceFiles(string folder) => Directory
        .EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    /// <summary>The projects that a project names, in alphabetical order, those it merely builds first left out.</summary>
    public static IReadOnlyList<string> ReferencesOf(string project) =>
    [
        .. XDocument.Load(Projects[project]).Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')))
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> Ancestors(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }
}
