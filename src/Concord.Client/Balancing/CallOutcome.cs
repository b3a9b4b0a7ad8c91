namespace Concord.Client.Balancing;

/// <summary>How a call ended, as far as it says something about the instance that was called.</summary>
public enum CallOutcome
{
    /// <summary>Answered. "You asked for something wrong" is an answer too: it says nothing bad of the instance.</summary>
    Success = 0,

    /// <summary>Reached, and failed there: HTTP 5xx, or an answer that broke off.</summary>
    Failure = 1,

    /// <summary>Not reached: no connection came about, or it was lost before an answer.</summary>
    ConnectionFailure = 2,

    /// <summary>
    /// Given up by the caller before an answer came: cancelled, timed out, or overtaken by a hedge. The instance may be well, so this
    /// counts against it only when the caller had waited for <see cref="OutlierOptions.AbandonedAfter"/>.
    /// </summary>
    Abandoned = 3,
}
