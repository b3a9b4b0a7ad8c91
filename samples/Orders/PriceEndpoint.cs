using Concord.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Orders;

/// <summary>GET /price/{sku}?quantity=N</summary>
internal static class PriceEndpoint
{
    private const int QuantityMax = 10_000;

    /// <remarks>
    /// Pricing is a snapshot: one request computes with one release, whatever is published meanwhile. The switch is read
    /// from the monitor: its newest value is always right.
    /// </remarks>
    public static Results<Ok<Quote>, ProblemHttpResult> Get(
        string sku,
        int? quantity,
        IOptionsSnapshot<PricingOptions> pricing,
        IOptionsMonitor<FeatureOptions> features,
        [FromServices] ConcordStatus concord)
    {
        var pieces = quantity ?? 1;
        if (pieces is < 1 or > QuantityMax)
            return TypedResults.Problem($"quantity is {pieces}: order 1 to {QuantityMax} pieces.", statusCode: 400);
        if (!Catalogue.TryGetUnitPrice(sku, out var unitPrice))
            return TypedResults.Problem($"There is no '{sku}': choose one of {string.Join(", ", Catalogue.Skus)}.", statusCode: 404);
        var (discount, currency) = (pricing.Value.Discount, pricing.Value.Currency);
        var total = decimal.Round(unitPrice * pieces * (1 - discount), 2, MidpointRounding.AwayFromZero);
        var banner = features.CurrentValue.FreeShipping ? "Free shipping today!" : null;
        var release = concord.Views.Select(view => view.Release).DefaultIfEmpty().Max();
        return TypedResults.Ok(new Quote(sku, pieces, unitPrice, discount, total, currency, banner, release));
    }
}
