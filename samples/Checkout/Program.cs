using Checkout;
using Concord.Client;
using Concord.Client.Balancing.Following;

var builder = WebApplication.CreateSlimBuilder(args);
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://localhost:5090");

// The servers' addresses; a service that has its configuration in Concord as well writes builder.AddConcord() instead.
builder.Services.AddConcordClient(builder.Configuration["CONCORD_ENDPOINTS"] ?? ConcordEndpoints.Default.ToString());

// Calls to "orders" go to its instances. A retry, like a hedge, chooses another one, within the retry budget.
builder.Services.AddHttpClient<OrdersClient>(http => http.BaseAddress = new Uri("http://orders"))
    .AddConcordBalancing()
    .AddStandardResilienceHandler();

var app = builder.Build();
app.MapGet("/checkout/{sku}", async (string sku, int? quantity, OrdersClient orders, HttpResponse response, CancellationToken cancellation) =>
{
    var (quote, instance) = await orders.PriceAsync(sku, quantity ?? 1, cancellation);
    response.Headers["orders-instance"] = instance;
    return TypedResults.Text(quote, "application/json");
});

// Who is called, who is left out and why: for people.
app.MapGet("/instances", (ServiceDirectory services) => TypedResults.Text(string.Join('\n', services.GetStatus()
    .SelectMany(pool => pool.Endpoints.Select(one => $"{pool.Service}/{one.Id} {one.Uri} {one.State}{(one.IsEjected ? ", left out" : "")}, {one.Active} under way, {one.Latency.TotalMilliseconds:F0} ms"))) + "\n"));

await app.RunAsync();
