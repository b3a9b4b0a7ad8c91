namespace Concord.IntegrationTests;

/// <summary>Where the build put the programs that these tests run as processes.</summary>
internal static class Built
{
    // artifacts/bin/Concord.IntegrationTests/<configuration>/
    private static readonly DirectoryInfo Here = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    public static string Server => Program("Concord.Server", "concord-server");

    public static string CommandLine => Program("Concord.Cli", "concord");

    public static string Agent => Program("Concord.Agent", "concord-agent");

    public static string Orders => Program("Orders", "Orders");

    public static string Echo => Program("Echo", "Echo");

    public static string Gateway => Program("Concord.Gateway", "concord-gateway");

    /// <summary>True when the long runs are asked for (CONCORD_LONG=1).</summary>
    public static bool Long => Environment.GetEnvironmentVariable("CONCORD_LONG") == "1";

    private static string Program(string project, string executable)
    {
        var path = Path.Combine(Here.Parent!.Parent!.FullName, project, Here.Name, executable + (OperatingSystem.IsWindows() ? ".exe" : ""));
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built; build the solution first", path);
    }
}
