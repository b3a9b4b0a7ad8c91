using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Concord.Server.Telemetry;

/// <summary>What became of the health checks that were asked for over HTTP.</summary>
internal sealed class HealthCounts
{
    private readonly ConcurrentDictionary<(string Type, string Name), Check> _checks = new();
    private long _successes;
    private long _failures;

    public HealthCounts(Meter meter)
    {
        meter.CreateObservableCounter("etcd_server_health_success", () => Interlocked.Read(ref _successes), description: "Requests to /health that said yes.");
        meter.CreateObservableCounter("etcd_server_health_failures", () => Interlocked.Read(ref _failures), description: "Requests to /health that said no.");
        meter.CreateObservableGauge(
            "etcd_server_healthcheck",
            () => _checks.Select(check => new Measurement<long>(check.Value.IsPassed ? 1 : 0, new("type", check.Key.Type), new("name", check.Key.Name))),
            description: "How each check ended when it was last made.");
        meter.CreateObservableCounter(
            "etcd_server_healthchecks_total",
            () => _checks.SelectMany(check => new Measurement<long>[]
            {
                new(check.Value.Successes, new("type", check.Key.Type), new("name", check.Key.Name), new("status", "success")),
                new(check.Value.Failures, new("type", check.Key.Type), new("name", check.Key.Name), new("status", "error")),
            }),
            description: "Checks that were made, by how they ended.");
    }

    public void Health(bool passed) => Interlocked.Increment(ref passed ? ref _successes : ref _failures);

    public void Passed(string type, string name, bool passed) => _checks.GetOrAdd((type, name), static _ => new()).Count(passed);

    private sealed class Check
    {
        private long _successes;
        private long _failures;

        public bool IsPassed { get; private set; }

        public long Successes => Interlocked.Read(ref _successes);

        public long Failures => Interlocked.Read(ref _failures);

        public void Count(bool passed)
        {
            IsPassed = passed;
            Interlocked.Increment(ref passed ? ref _successes : ref _failures);
        }
    }
}
