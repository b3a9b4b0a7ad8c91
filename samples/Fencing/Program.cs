using Concord.Client;
using Fencing;

// Two workers and one report. The first one freezes while it holds the lock (a long pause, a machine that sleeps), the lock goes to the second one, and
// the first one wakes up in the middle of its work. Start a server, then: dotnet run --project samples/Fencing [ENDPOINTS]
await using var client = new ConcordClient(args is [var endpoints] ? endpoints : ConcordEndpoints.Default.ToString());
var file = Path.Combine(Path.GetTempPath(), $"fencing-{Environment.ProcessId}.db");
using var table = new FencedTable(file);

var first = await client.Locks.AcquireAsync("reports/nightly");
table.Write("nightly", first.FencingToken, "nightly", "begun by the first");
Console.WriteLine($"first   holds token {first.FencingToken} and writes");

// What a freeze comes to, seen from outside: the first one's turn ends, and it has not noticed yet.
var token = first.FencingToken;
await first.DisposeAsync();

await using var second = await client.Locks.AcquireAsync("reports/nightly");
table.Write("nightly", second.FencingToken, "nightly", "done by the second");
Console.WriteLine($"second  holds token {second.FencingToken} and writes");
try
{
    table.Write("nightly", token, "nightly", "done by the first");
    return 1;
}
catch (StaleTokenException refusal)
{
    Console.WriteLine($"first   wakes up and writes: {refusal.Message}");
}

Console.WriteLine($"report  {table.Read("nightly")}");
File.Delete(file);
return 0;
