namespace Concord.Tests.Raft;

/// <summary>
/// A script with its expected output: comment lines (#) and one command line, then ----, then the output up to an empty
/// line. Set CONCORD_REWRITE=1 to write what the commands really print, and review the difference.
/// </summary>
internal static class TranscriptFile
{
    private const string Separator = "----";

    public static string Folder { get; } = Find();

    public static void Run(string name, Func<string, string> execute)
    {
        string path = Path.Combine(Folder, name + ".txt");
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

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Concord.slnx")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "tests", "Concord.Tests", "Raft", "Transcripts");
    }
}
