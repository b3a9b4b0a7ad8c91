using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Checks;

/// <summary>
/// Counts what looks at one instance found, and says when that changes its state: only after several in a row, both ways, so that
/// one lost packet is not an outage and one lucky answer not the end of it.
/// </summary>
internal sealed class CheckCount(HealthCheck check)
{
    private int _successes;
    private int _failures;

    /// <summary>The state that the instance should have; <paramref name="present"/> if it may stay.</summary>
    public InstanceState Next(InstanceState present, InstanceState found)
    {
        if (found == InstanceState.Critical)
        {
            _successes = 0;
            _failures++;
            return _failures >= check.FailuresBeforeCritical ? InstanceState.Critical : present;
        }

        _failures = 0;
        _successes++;

        // One that starts has not failed yet: its first answer is what was waited for.
        return present != InstanceState.Critical || _successes >= check.SuccessesBeforePassing ? found : present;
    }
}
