using System.Diagnostics;
using Concord.Simulator;
using Concord.Simulator.Runs;

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

string nodes = arguments.Nodes is { } count ? $" --nodes {count}" : "";
var series = new RunSeries(
    new() { Members = arguments.Nodes, Trace = arguments.IsTraced ? Console.Out : null },
    Console.Out,
    seed => $"dotnet run --project tests/Concord.Simulator -c Release -- --seed {seed}{nodes} --trace")
{
    IsVerbose = arguments.IsVerbose || arguments.First == arguments.Last,
};
long started = Stopwatch.GetTimestamp();
for (ulong seed = arguments.First; arguments.Duration is { } duration ? Stopwatch.GetElapsedTime(started) < duration : seed <= arguments.Last; seed++)
    series.Run(seed);
series.Summarize();
return series.Failed.Count == 0 ? 0 : 1;
