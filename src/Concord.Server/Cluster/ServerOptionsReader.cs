namespace Concord.Server.Cluster;

/// <summary>
/// Puts the settings together: flags win over environment variables, those over the configuration file, that over the
/// defaults. Everything that is wrong is reported at once.
/// </summary>
public static class ServerOptionsReader
{
    /// <param name="flags">Values by flag name without dashes, as given on the command line.</param>
    /// <param name="environment">Reads an environment variable, null when it is not set.</param>
    /// <returns>The options; they are only to be used when there are no problems.</returns>
    public static (ServerOptions Options, IReadOnlyList<OptionProblem> Problems) Read(
        IReadOnlyDictionary<string, string> flags, Func<string, string?> environment)
    {
        var problems = new List<OptionProblem>();
        var path = flags.GetValueOrDefault(ServerFlags.ConfigFile) ?? environment("CONCORD_CONFIG_FILE");
        var file = string.IsNullOrEmpty(path) ? new Dictionary<string, string>() : ConfigFile.Read(path, problems);

        var options = new ServerOptions();
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var flag in ServerFlags.All)
        {
            var (text, where) = flags.TryGetValue(flag.Name, out var value) ? (value, flag.Option)
                : environment(flag.EnvironmentVariable) is { Length: > 0 } variable ? (variable, flag.EnvironmentVariable)
                : file.TryGetValue(flag.Name, out value) ? (value, $"{path}: {flag.Name}")
                : flag.SharedVariable is { } name && environment(name) is { Length: > 0 } shared ? (shared, name)
                : (null, "");
            if (text is null)
            {
                continue;
            }

            given.Add(flag.Name);
            if (flag.Set(ref options, text) is { } problem)
            {
                problems.Add(new(where, problem));
            }
        }

        if (problems.Count == 0)
        {
            options = Complete(options, given);
            problems.AddRange(Check(options));
        }

        return (options, problems);
    }

    /// <summary>The defaults that depend on other settings.</summary>
    private static ServerOptions Complete(ServerOptions options, HashSet<string> given)
    {
        if (options.InitialCluster.Count == 0)
        {
            options = options with { InitialCluster = [new(options.Name, options.InitialAdvertisePeerUrls)] };
        }
        else if (!given.Contains("initial-advertise-peer-urls") && options.InitialCluster.FirstOrDefault(m => m.Name == options.Name) is { } self)
        {
            options = options with { InitialAdvertisePeerUrls = self.PeerUrls };
        }

        if (options.InitialCluster.Count > 1 || options.InitialClusterState == "existing" || given.Contains("listen-peer-urls"))
        {
            options = options with { HasPeerPort = true };
        }

        return options.DataDir.Length == 0 && !options.Dev ? options with { DataDir = $"{options.Name}.concord" } : options;
    }

    /// <summary>The rules that concern more than one setting.</summary>
    private static IEnumerable<OptionProblem> Check(ServerOptions options)
    {
        if (options.ElectionTimeout < 5 * options.HeartbeatInterval)
        {
            yield return new("--election-timeout",
                $"is {FlagValue.Show(options.ElectionTimeout)} ms, less than five times --heartbeat-interval ({FlagValue.Show(options.HeartbeatInterval)} ms); "
                + $"a few late heartbeats would start elections; set it to {FlagValue.Show(10 * options.HeartbeatInterval)} or more");
        }

        foreach (var problem in MembersCheck.Check(options).Concat(TlsCheck.Check(options)).Concat(GossipFlags.Check(options)))
        {
            yield return problem;
        }

        if (AutoCompaction.Parse(options.AutoCompactionMode, options.AutoCompactionRetention, out _) is { } retention)
        {
            yield return new("--auto-compaction-retention", retention);
        }

        if (File.Exists(options.DataDir))
        {
            yield return new("--data-dir", $"'{options.DataDir}' is a file; name a directory");
        }
    }
}
