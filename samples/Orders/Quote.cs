using System.Text.Json.Serialization;

namespace Orders;

/// <summary>The price of an order line, and the release of the configuration that it was made with.</summary>
internal sealed record Quote(
    string Sku, int Quantity, decimal UnitPrice, decimal Discount, decimal Total, string Currency, string? Banner, long Release);

// What the endpoints answer; the plain types are the values in the health report.
[JsonSerializable(typeof(Quote))]
[JsonSerializable(typeof(Microsoft.AspNetCore.Mvc.ProblemDetails))]
[JsonSerializable(typeof(Dictionary<string, object>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(DateTimeOffset))]
internal sealed partial class OrdersJson : JsonSerializerContext;
