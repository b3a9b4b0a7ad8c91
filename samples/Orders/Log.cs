namespace Orders;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{View} runs release {Release} {Source}")]
    public static partial void Running(ILogger log, string view, long release, string source);

    [LoggerMessage(2, LogLevel.Information, "Prices change: discount {Discount}, currency {Currency}")]
    public static partial void PricesChanged(ILogger log, decimal discount, string currency);
}
