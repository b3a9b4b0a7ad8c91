// A service that registers itself and says who answered. One line makes it so; zone, version and the rest come from the
// environment: Concord__Registration__Zone=eu-1 CONCORD_ENDPOINTS=http://localhost:2379 dotnet run --project samples/Echo
var builder = WebApplication.CreateSlimBuilder(args);
builder.AddConcordRegistration();

var app = builder.Build();
var registration = app.Configuration.GetSection("Concord:Registration");
var who = $"{Environment.ProcessId} zone={registration["Zone"]} version={registration["Version"]}\n";
app.MapGet("/{**path}", () => who);
app.MapPost("/{**path}", () => who);
await app.RunAsync();
