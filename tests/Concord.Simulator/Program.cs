using System.Diagnostics;
using Concord.Simulator;
using Concord.Simulator.Canaries;
using Concord.Simulator.Gossip;
using Concord.Simulator.Load;
using Concord.Simulator.Runs;

if (args is ["gossip", ..])
    return GossipProgram.Run(args.AsSpan(1), Console.Out, Console.Error);
if (args is ["load", ..])
    return LoadProgram.Run(args.AsSpan(1), Console.Out, Console.Error);

var arguments = SimulatorArguments.Parse(args);
if (arguments.Error is not null)
{
    Console.Error.WriteLine($"{arguments.Error}; --help shows all options");
    return 2;
}

if (arguments.IsHelp)
{
    Console.WriteLine(SimulatorArguments.Help);
    return 0;
}

Canary? canary = null;
if (arguments.Canary is { } name && (canary = Canary.Find(name)) is null)
{
    foreach (var one in Canary.All)
        Console.WriteLine($"{one.Name,-24} {one.Breaks} (noticed within seeds {one.First}..{one.Last}{(one.Members is { } members ? $" with {members} nodes" : "")})");
    return name.Length == 0 ? 0 : 2;
}

string nodes = arguments.Nodes is { } count ? $" --nodes {count}" : "";
var series = new RunSeries(
    new() { Members = arguments.Nodes, Trace = arguments.IsTraced ? Console.Out : null, Rules = canary?.Rules ?? (static () => new()) },
    Console.Out,
    seed => $"dotnet run --project tests/Concord.Simulator -c Release -- --seed {seed}{nodes}{(canary is null ? "" : $" --canary {canary.Name}")} --trace")
{
    IsVerbose = arguments.IsVerbose || arguments.First == arguments.Last,
};
long started = Stopwatch.GetTimestamp();
for (ulong seed = arguments.First; arguments.Duration is { } duration ? Stopwatch.GetElapsedTime(started) < duration : seed <= arguments.Last; seed++)
{
    series.Run(seed);
    if (canary is not null && series.Failed.Count > 0)
        break;
}

series.Summarize();
return series.Failed.Count == 0 ? 0 : 1;
