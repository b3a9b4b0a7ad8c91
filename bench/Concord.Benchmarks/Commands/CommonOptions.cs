using System.CommandLine;
using System.Net;

namespace Concord.Benchmarks.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Endpoint() => new("--endpoint")
    {
        Description = "Where the server listens for clients, as HOST:PORT; cleartext.",
        DefaultValueFactory = _ => "127.0.0.1:2379",
    };

    public static Option<int?> ServerPid() => new("--server-pid")
    {
        Description = "The server's process, to read its processor time and memory from /proc.",
    };

    public static Option<string> Label() => new("--label")
    {
        Description = "Whose results these are.",
        DefaultValueFactory = _ => "concord",
    };

    public static Option<string?> Out() => new("--out") { Description = "A file to append the results to, as JSON lines." };

    public static Option<int> Connections() => new("--connections")
    {
        Description = "TCP connections; 0 is 8, fewer for few clients, or as many as the server's limit of streams needs.",
        DefaultValueFactory = _ => 0,
    };

    public static Option<double> Seconds(double seconds) => new("--seconds")
    {
        Description = "How long to measure.",
        DefaultValueFactory = _ => seconds,
    };

    public static Option<double> WarmUp(double seconds) => new("--warm-up")
    {
        Description = "Seconds of load before measuring.",
        DefaultValueFactory = _ => seconds,
    };

    /// <exception cref="ArgumentException">The text is not HOST:PORT.</exception>
    public static DnsEndPoint Parse(string endpoint)
    {
        var colon = endpoint.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(endpoint.AsSpan(colon + 1), out var port)
            ? new DnsEndPoint(endpoint[..colon], port)
            : throw new ArgumentException($"--endpoint '{endpoint}' is not HOST:PORT, such as 127.0.0.1:2379.");
    }
}
