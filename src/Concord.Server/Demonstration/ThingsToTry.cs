namespace Concord.Server.Demonstration;

/// <summary>What `--dev` prints: three commands that work when pasted into another terminal, and where to look further.</summary>
internal static class ThingsToTry
{
    private const string CommandLineProject = "src/Concord.Cli";
    private const string SampleProject = "samples/Orders";

    /// <param name="directory">Where the process runs; "dotnet run" puts it into the project's directory.</param>
    /// <param name="shellDirectory">Where its commands will be pasted; null if the shell did not say.</param>
    public static string For(Uri address, string directory, string? shellDirectory)
    {
        var url = address.GetLeftPart(UriPartial.Authority);
        // In a clone the tool is run from its source; installed, it is on the path.
        var clone = CloneAround(directory);
        var concord = clone is null ? "concord" : $"dotnet run --project {Project(clone, CommandLineProject, shellDirectory)} --";
        // The tool finds a server on the usual port by itself.
        var endpoint = address.Port == 2379 ? "" : $" --endpoints {url}";
        return $"""

            Concord is running at {url} with a demonstration application in it. Three things to try in other terminals:

              1. What does the service "orders" get in "dev", and from where?
                 {concord} config explain orders/dev{endpoint}

              2. Follow it live (leave this running, it shows what the next command changes):
                 curl -sN {url}/v1/apps/orders/dev/effective/watch

              3. Change the discount and publish it:
                 {concord} config put orders/dev Pricing:Discount=0.25{endpoint} && {concord} config publish orders/dev -m "Try it"{endpoint}
            {(clone is null ? "" : $"\n  A real service that follows it:  CONCORD_ENDPOINTS={url} dotnet run --project {Project(clone, SampleProject, shellDirectory)}")}
              API, to read and to try in the browser:  {url}/docs
              Stop with Ctrl+C.

            """;
    }

    private static string? CloneAround(string directory)
    {
        var candidate = new DirectoryInfo(directory);
        while (candidate is not null && !Directory.Exists(Path.Combine(candidate.FullName, CommandLineProject)))
        {
            candidate = candidate.Parent;
        }

        return candidate?.FullName;
    }

    private static string Project(string clone, string project, string? shellDirectory) =>
        clone == shellDirectory ? project : Path.Combine(clone, project);
}
