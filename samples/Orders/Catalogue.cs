namespace Orders;

/// <summary>What the shop sells, and what one piece costs before any discount.</summary>
internal static class Catalogue
{
    private static readonly Dictionary<string, decimal> UnitPrices = new(StringComparer.OrdinalIgnoreCase)
    {
        ["apple"] = 0.40m,
        ["pear"] = 0.55m,
        ["melon"] = 3.20m,
    };

    public static IReadOnlyCollection<string> Skus => UnitPrices.Keys;

    public static bool TryGetUnitPrice(string sku, out decimal unitPrice) => UnitPrices.TryGetValue(sku, out unitPrice);
}
