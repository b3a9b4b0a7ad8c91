using Concord.Extensions;
using Microsoft.Extensions.Options;
using Orders;

var builder = WebApplication.CreateSlimBuilder(args);
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://localhost:5080");

// The configuration of application "orders" in the environment of this host, from CONCORD_ENDPOINTS or localhost:2379.
builder.AddConcord();

builder.Services.AddOptions<PricingOptions>().BindConfiguration(PricingOptions.Section).ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<PricingOptions>, PricingOptionsValidator>();
builder.Services.AddOptions<FeatureOptions>().BindConfiguration(FeatureOptions.Section).ValidateOnStart();
builder.Services.AddHealthChecks().AddConcord();
builder.Services.AddProblemDetails();
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, OrdersJson.Default));

var app = builder.Build();
app.MapGet("/price/{sku}", PriceEndpoint.Get);
app.MapHealthChecks("/health", HealthAnswer.Options);

app.Lifetime.ApplicationStarted.Register(() =>
{
    foreach (var view in app.Services.GetRequiredService<ConcordStatus>().Views)
        Log.Running(app.Logger, view.View, view.Release, view.FromFile ? "from the last known good file" : $"from {view.Endpoint}");
});
app.Services.GetRequiredService<IOptionsMonitor<PricingOptions>>().OnChange(
    pricing => Log.PricesChanged(app.Logger, pricing.Discount, pricing.Currency));

await app.RunAsync();
