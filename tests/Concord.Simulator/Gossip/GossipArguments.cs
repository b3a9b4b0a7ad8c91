using System.Globalization;
using Concord.Gossip;

namespace Concord.Simulator.Gossip;

/// <summary>What `gossip …` on the command line asks for; <see cref="Error"/> says what is wrong with it.</summary>
internal sealed record GossipArguments
{
    public const string Help = """
        Runs a group of gossiping members in simulated time and writes what it measured.

        usage: dotnet run --project tests/Concord.Simulator -c Release -- gossip [options]

          --members N       how many, 2 to 20,000 (default 100)
          --seed S          (default 1)
          --runs R          of this seed and those after it, measured together (default 1)
          --loss P          per cent of packets that are lost (default 0)
          --seconds T       how long faults go on; the first third is calm (default 60)
          --settle T        the longest wait for agreement afterwards (default 300)
          --crashes N       members that stop without a word after the calm (default 1)
          --slow N          members whose packets are held up again and again (default 0)
          --slow-for MS     how long each time (default 16000)
          --slow-pause MS   and how long not (default 64)
          --partition T     seconds that odd members do not hear even ones, from the middle on (default 0)
          --churn N         members per minute that go, and others come (default 0)
          --lifeguard off   SWIM with suspicion alone (default on)
          --corrections off old accusations are passed over (default on)
          --stream-probe off nothing but packets probes (default on)
          --profile P       lan or fast (default lan)
          --alpha N         least suspicion time, as a multiple (default: the profile's)
          --codec           every packet goes through the codec

        exit code: 0 when all agreed in the end, 1 when they did not, 2 when the command line is wrong
        """;

    public GossipDials Dials { get; init; } = new();

    public int Runs { get; init; } = 1;

    public bool IsHelp { get; init; }

    public string? Error { get; init; }

    private bool IsLifeguard { get; init; } = true;

    private bool Corrects { get; init; } = true;

    private bool StreamProbe { get; init; } = true;

    private int? Alpha { get; init; }

    private GossipProfile Profile { get; init; }

    public static GossipArguments Parse(ReadOnlySpan<string> args)
    {
        var result = new GossipArguments();
        for (int i = 0; i < args.Length && result.Error is null; i++)
        {
            string option = args[i];
            if (option is "--codec" or "--help")
            {
                result = option == "--help" ? result with { IsHelp = true } : result with { Dials = result.Dials with { Codec = true } };
                continue;
            }

            result = result.With(option, ++i < args.Length ? args[i] : "");
        }

        // Enough have to be there and well, for the others to be measured by.
        var dials = result.Dials;
        return result.Error is null && dials.Slow + dials.Crashes > dials.Members / 2
            ? result with { Error = "--slow and --crashes together may be half of --members" }
            : result with { Dials = dials with { Options = result.Options() } };
    }

    private GossipArguments With(string option, string value) => option switch
    {
        "--lifeguard" when value is "on" or "off" => this with { IsLifeguard = value == "on" },
        "--corrections" when value is "on" or "off" => this with { Corrects = value == "on" },
        "--stream-probe" when value is "on" or "off" => this with { StreamProbe = value == "on" },
        "--profile" when GossipProfiles.TryParse(value, out var profile) => this with { Profile = profile },
        "--profile" => this with { Error = "--profile needs lan or fast" },
        "--lifeguard" or "--corrections" or "--stream-probe" => this with { Error = $"{option} needs on or off" },
        _ => double.TryParse(value, CultureInfo.InvariantCulture, out double number) && number >= 0
            ? With(option, number)
            : this with { Error = $"{option} needs a number, not '{value}'" },
    };

    private GossipArguments With(string option, double number) => option switch
    {
        "--members" when number is >= 2 and <= 20_000 => this with { Dials = Dials with { Members = (int)number } },
        "--members" => this with { Error = "--members needs a number from 2 to 20000" },
        "--seed" => this with { Dials = Dials with { Seed = (ulong)number } },
        "--runs" when number >= 1 => this with { Runs = (int)number },
        "--loss" when number <= 100 => this with { Dials = Dials with { LossPerMille = (int)(number * 10) } },
        "--seconds" when number >= 3 => this with { Dials = Dials with { Duration = (long)(number * 1000) } },
        "--settle" => this with { Dials = Dials with { SettleMax = (long)(number * 1000) } },
        "--crashes" => this with { Dials = Dials with { Crashes = (int)number } },
        "--slow" => this with { Dials = Dials with { Slow = (int)number } },
        "--slow-for" => this with { Dials = Dials with { SlowFor = (long)number } },
        "--slow-pause" when number >= 1 => this with { Dials = Dials with { SlowPause = (long)number } },
        "--partition" => this with { Dials = Dials with { Partition = (long)(number * 1000) } },
        "--churn" => this with { Dials = Dials with { ChurnPerMinute = number } },
        "--alpha" when number >= 1 => this with { Alpha = (int)number },
        _ => this with { Error = $"'{option} {number.ToString(CultureInfo.InvariantCulture)}' is not an option, or out of its range" },
    };

    private Func<GossipOptions, GossipOptions> Options()
    {
        var (lifeguard, corrects, streams, alpha, profile) = (IsLifeguard, Corrects, StreamProbe, Alpha, Profile);
        return options =>
        {
            options = options.In(profile);
            options = options with { SuspicionMultiplier = alpha ?? options.SuspicionMultiplier, Corrections = corrects, StreamProbe = streams };
            return lifeguard ? options : GossipDials.WithoutLifeguard(options);
        };
    }
}
