using System.Diagnostics.Metrics;
using Concord.Server.Replica;

namespace Concord.Server.Telemetry;

/// <summary>
/// The one set of instruments of a server: what it counts and times, by System.Diagnostics.Metrics. Who reads them is another
/// matter (<see cref="PrometheusText"/>, <see cref="OtlpExport"/>); several servers in one process each have their own.
/// </summary>
internal sealed class ServerTelemetry : IDisposable
{
    public const string MeterName = "Concord.Server";

    public ServerTelemetry()
    {
        Meter = new(new MeterOptions(MeterName) { Scope = this, Version = Hosting.ServerVersion.Product });
        Text = new(Meter);
        Replica = new(Meter);
        Traffic = new(Meter);
    }

    public Meter Meter { get; }

    /// <summary>Listens from the beginning: histograms keep nothing for those who come later.</summary>
    public PrometheusText Text { get; }

    public ReplicaMetrics Replica { get; }

    public ClientTraffic Traffic { get; }

    public void Dispose()
    {
        Text.Dispose();
        Meter.Dispose();
    }
}
