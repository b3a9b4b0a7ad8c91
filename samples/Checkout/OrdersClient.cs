using Concord.Extensions.Balancing.Http;

namespace Checkout;

/// <summary>Asks the service "orders" for prices; which of its instances answers is decided for each attempt.</summary>
internal sealed class OrdersClient(HttpClient http)
{
    /// <returns>The answer as it came, and the instance that gave it.</returns>
    public async Task<(string Quote, string? Instance)> PriceAsync(string sku, int quantity, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(new Uri($"price/{Uri.EscapeDataString(sku)}?quantity={quantity}", UriKind.Relative), cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadAsStringAsync(cancellationToken), response.RequestMessage?.GetBalancedEndpoint()?.Instance.Id);
    }
}
