using System.CommandLine;

namespace Concord.Server.Cluster;

/// <summary>The command line of <c>concord-server</c>: turns the flag table into options of the parser and its help.</summary>
internal static class ServerCommand
{
    public static RootCommand Create(Func<ServerOptions, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand("""
            Concord: configuration centre, service registry and coordinator on one durable store that speaks the etcd v3 API.

            Every option can also be set by the environment variable CONCORD_<OPTION> (--data-dir is CONCORD_DATA_DIR) and in
            the YAML file named by --config-file (data-dir: …). Options win over the environment, the environment over the file.

            Flags of etcd that mean nothing here are taken with a warning; docs/etcd-compatibility.md lists them.

            Exit codes: 0 stopped as asked; 1 wrong settings or an address in use; 3 the data directory is damaged or in use;
            4 the disk failed while running; 5 a fault of the program; 6 this member's state is not the majority's;
            7 this member was removed from the cluster.
            """);
        var defaults = new ServerOptions();
        var options = new List<(ServerFlag Flag, Option Option)>();
        foreach (var flag in ServerFlags.All)
        {
            Option option = flag.IsSwitch
                ? new Option<bool>(flag.Option) { Description = flag.Help, Hidden = flag.IsHidden }
                : new Option<string>(flag.Option) { Description = Describe(flag, defaults), HelpName = flag.Hint, Hidden = flag.IsHidden };
            command.Options.Add(option);
            options.Add((flag, option));
        }

        var file = new Option<string>("--" + ServerFlags.ConfigFile) { Description = "YAML file with settings", HelpName = "FILE" };
        command.Options.Add(file);

        command.SetAction(async (parsed, cancellation) =>
        {
            var flags = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (flag, option) in options)
            {
                if (parsed.GetResult(option) is { Implicit: false })
                {
                    flags[flag.Name] = flag.IsSwitch ? (parsed.GetValue((Option<bool>)option) ? "true" : "false") : parsed.GetValue((Option<string>)option) ?? "";
                }
            }

            if (parsed.GetValue(file) is { } path)
            {
                flags[ServerFlags.ConfigFile] = path;
            }

            var (settings, problems) = ServerOptionsReader.Read(flags, Environment.GetEnvironmentVariable);
            if (problems.Count == 0)
            {
                return await run(settings, cancellation);
            }

            await parsed.InvocationConfiguration.Error.WriteLineAsync("concord-server cannot start:");
            foreach (var problem in problems)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"  {problem}");
            }

            return ExitCode.Settings;
        });
        return command;
    }

    private static string Describe(ServerFlag flag, ServerOptions defaults) =>
        flag.Show(defaults) is { Length: > 0 } value ? $"{flag.Help} [default: {value}]" : flag.Help;
}
