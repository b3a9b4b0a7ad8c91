using System.Globalization;

namespace Concord.Simulator;

/// <summary>What the command line asks for; <see cref="Error"/> says what is wrong with it.</summary>
internal sealed record SimulatorArguments
{
    public const string Help = """
        Runs whole Concord clusters in one thread: real Raft, storage and key space on simulated disks, network, clocks and
        clients, with faults. Everything of a run comes from its seed, so a failure can be replayed exactly.

        usage: dotnet run --project tests/Concord.Simulator -c Release -- [options]
               dotnet run --project tests/Concord.Simulator -c Release -- gossip [options]    (gossip --help)
               dotnet run --project tests/Concord.Simulator -c Release -- load [options]      (load --help)

          --seed N          one run
          --seeds A..B      the runs of these seeds, one after the other
          --minutes M       runs of rising seeds for M minutes of real time (from --seed, or from 1)
          --nodes N         members that found the cluster, 1 to 7 (default: drawn from the seed)
          --canary NAME     breaks a rule on purpose; the run must fail (without NAME: lists them)
          --trace           writes everything that happens, for one seed
          --verbose         a line per run, not only for those that fail
          --help            this

        exit code: 0 when every promise held, 1 when a run failed, 2 when the command line is wrong
        """;

    public ulong First { get; init; } = 1;

    public ulong Last { get; init; } = 20;

    /// <summary>Real time to go on for; null to stop after <see cref="Last"/>.</summary>
    public TimeSpan? Duration { get; init; }

    public int? Nodes { get; init; }

    public string? Canary { get; init; }

    public bool IsTraced { get; init; }

    public bool IsVerbose { get; init; }

    public bool IsHelp { get; init; }

    public string? Error { get; init; }

    public static SimulatorArguments Parse(ReadOnlySpan<string> args)
    {
        var result = new SimulatorArguments();
        for (int i = 0; i < args.Length && result.Error is null; i++)
        {
            string option = args[i];
            string? value = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[i + 1] : null;
            i += option is "--trace" or "--verbose" or "--help" || value is null ? 0 : 1;
            result = option switch
            {
                "--seed" => Seed(result, value),
                "--seeds" => Seeds(result, value),
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out double minutes) && minutes > 0
                    ? result with { Duration = TimeSpan.FromMinutes(minutes) }
                    : result with { Error = "--minutes needs a number above 0" },
                "--nodes" => int.TryParse(value, CultureInfo.InvariantCulture, out int nodes) && nodes is >= 1 and <= 7
                    ? result with { Nodes = nodes }
                    : result with { Error = "--nodes needs a number from 1 to 7" },
                "--canary" => result with { Canary = value ?? "" },
                "--trace" => result with { IsTraced = true },
                "--verbose" => result with { IsVerbose = true },
                "--help" or "-h" or "-?" => result with { IsHelp = true },
                _ => result with { Error = $"'{option}' is not an option" },
            };
        }

        return result.Error is null && result is { IsTraced: true, IsSingle: false }
            ? result with { Error = "--trace is for one run: add --seed N" }
            : result;
    }

    private bool IsSingle => First == Last && Duration is null;

    private static SimulatorArguments Seed(SimulatorArguments result, string? value) =>
        ulong.TryParse(value, CultureInfo.InvariantCulture, out ulong seed)
            ? result with { First = seed, Last = seed }
            : result with { Error = "--seed needs a whole number" };

    private static SimulatorArguments Seeds(SimulatorArguments result, string? value)
    {
        string[] ends = value?.Split("..") ?? [];
        return ends.Length == 2 && ulong.TryParse(ends[0], CultureInfo.InvariantCulture, out ulong first)
            && ulong.TryParse(ends[1], CultureInfo.InvariantCulture, out ulong last) && first <= last
            ? result with { First = first, Last = last }
            : result with { Error = "--seeds needs two whole numbers, the smaller first: A..B" };
    }
}
