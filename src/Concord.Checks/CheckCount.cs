namespace Concord.Checks;

/// <summary>
/// Counts what looks at one instance found, and says when that changes its state: only after several in a row, both ways, so that
/// one lost packet is not an outage and one lucky answer not the end of it.
/// </summary>
public sealed class CheckCount(CheckSpec check)
{
    private int _successes;
    private int _failures;

    /// <summary>The state that the instance should have; null if it may stay as it is.</summary>
    /// <param name="isCritical">It is now.</param>
    public CheckState? Next(bool isCritical, CheckState found)
    {
        if (found == CheckState.Critical)
        {
            _successes = 0;
            _failures++;
            return _failures >= check.FailuresBeforeCritical ? CheckState.Critical : null;
        }

        _failures = 0;
        _successes++;

        // One that starts has not failed yet: its first answer is what was waited for.
        return !isCritical || _successes >= check.SuccessesBeforePassing ? found : null;
    }
}
