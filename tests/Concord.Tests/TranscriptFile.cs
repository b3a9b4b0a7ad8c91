namespace Concord.Tests;

/// <summary>
/// A script with its expected output: comment lines (#) and one command line, then ----, then the output up to an empty
/// line. Set CONCORD_REWRITE=1 to write what the commands really print, and review the difference.
/// </summary>
internal static class TranscriptFile
{
    private const string Separator = "----";

    private static readonly string Tests = Find();

    /// <param name="area">Folder of the tests that has a folder Transcripts.</param>
    public static IEnumerable<string> Names(string area) =>
        Directory.GetFiles(Folder(area), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public static void Run(string area, string name, Func<string, string> execute)
    {
        string path = Path.Combine(Folder(area), name + ".txt");
        string expected = File.ReadAllText(path);
        string actual = Replay(expected, execute);
        if (Environment.GetEnvironmentVariable("CONCORD_REWRITE") == "1" && actual != expected)
        {
            File.WriteAllText(path, actual);
            return;
        }

        Assert.Equal(expected, actual);
    }

    /// <summary>The script with the outputs replaced by those of <paramref name="execute"/>.</summary>
    private static string Replay(string script, Func<string, string> execute)
    {
        List<string> result = [];
        bool inOutput = false;
        foreach (string line in script.TrimEnd().Split('\n'))
        {
            if (inOutput)
            {
                inOutput = line.Length > 0;
            }
            else if (line.Length == 0 || line.StartsWith('#'))
            {
                result.Add(line);
            }
            else if (line != Separator)
            {
                result.AddRange([line, Separator, execute(line).TrimEnd(), string.Empty]);
            }
            else
            {
                inOutput = true;
            }
        }

        return string.Join('\n', result).TrimEnd() + "\n";
    }

    private static string Folder(string area) => Path.Combine(Tests, area, "Transcripts");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Concord.slnx")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "tests", "Concord.Tests");
    }
}
